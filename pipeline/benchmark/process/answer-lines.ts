import { createInterface } from 'node:readline';
import { explainError } from '../../explain-error.js';

/** Answers the questions of one kind. */
export type Answer = (question: never) => Promise<object>;

/**
 * Answers lines of JSON on standard input by lines of JSON on standard output, in order, until the input ends, and then ends
 * the process. The counterpart of `startLineProcess`. A question's `ask` selects the function that answers it.
 */
export async function answerLines(answers: Readonly<Record<string, Answer>>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as { readonly ask: string };
    const answer = await (answers[question.ask] as (question: unknown) => Promise<object>)(question).catch(
      (error: unknown) => {
        const { code, message } = explainError(error);
        return { error: { code, message } };
      },
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  // Engines and servers would keep the process alive.
  process.exit();
}
