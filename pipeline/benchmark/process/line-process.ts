import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../../../model/failure.js';
import type { ProgramCall } from '../../module-command.js';
import { endWithUs } from './end-with-us.js';

/** A program that answers each line of JSON on its standard input with one on its standard output. */
export interface LineProcess {
  readonly pid: number;
  /**
   * Asks a question; questions are answered in order.
   *
   * @throws `Failure` with the code and message of the program's answer, or `PROGRAM_DIED` if it ends instead.
   */
  ask<Answer>(question: object): Promise<Answer>;
  /** Ends the program and resolves when it has exited. */
  close(): Promise<void>;
}

/** A program's answer to a question that it cannot answer. */
interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Starts a program that answers lines. Its other output is kept for the error message if it dies. */
export function startLineProcess(name: string, { file, args }: ProgramCall): LineProcess {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: Waiting[] = [];
  let printed = '';
  let died: Failure | undefined;
  endWithUs(child);
  const die = (why: string, cause?: Error) => {
    const [last] = printed.trim().split('\n').slice(-1);
    const words = last ? `: ${last}` : '';
    died ??= new Failure('PROGRAM_DIED', `${name} ${why} before it had answered${words}`, { cause });
    for (const { reject } of waiting.splice(0)) reject(died);
  };
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      die(`could not be started (${error.message})`, error);
      resolve();
    });
    child.once('close', (code, signal) => {
      die(`ended with ${signal ?? `exit status ${code}`}`);
      resolve();
    });
  });
  // The end of a program is reported by its exit event.
  child.stdin.on('error', () => {});
  child.stderr.on('data', (text) => {
    printed = (printed + text).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    // Libraries may print other lines.
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as Refusal | object;
    const asked = waiting.shift();
    if ('error' in answer) asked?.reject(new Failure(answer.error.code, answer.error.message));
    else asked?.resolve(answer);
  });

  return {
    pid: child.pid ?? -1,
    ask<Answer>(question: object): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (died !== undefined) return reject(died);
        waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      });
    },
    close() {
      child.kill('SIGKILL');
      return gone;
    },
  };
}
