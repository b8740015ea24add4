import { createInterface } from 'node:readline';
import { explainError } from '../../explain-error.js';

/** What a program does with the questions of one kind; gives the answer. */
export type Answer = (question: never) => Promise<object>;

/**
 * Answers lines of JSON on standard input by lines of JSON on standard output, one after the other, until the input ends, and
 * then ends the process: the other side of `startLineProcess`. A question's `ask` says which of the answers is wanted.
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
  // Engines and servers would keep it running.
  process.exit();
}
