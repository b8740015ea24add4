import type { WorkerOptions } from 'node:worker_threads';
import { startWorker } from './start-worker.js';

/** A request as the worker gets it. The worker answers with a message that has the same `id`. */
export type Numbered<Message> = Message & { readonly id: number };

/** Why a worker cannot answer a request. */
export interface WorkerRefusal {
  readonly message: string;
  readonly code?: string;
}

/** What a worker sends for each request: its answer, or a refusal. */
export type WorkerAnswer<Answer> = Numbered<Answer | { readonly error: WorkerRefusal }>;

/**
 * A client of a worker thread that takes many requests at a time and answers in any order. It keeps the process alive while
 * requests are unanswered.
 */
export interface Asker<Request, Answer> {
  /** @throws The error that `AskerErrors` makes for a refusal or for the end of the thread; `DataCloneError` for what cannot be sent to a thread. */
  ask(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Sends a message that is not answered. */
  tell(message: unknown): void;
  /** Why the thread ended; undefined while it runs. */
  readonly ended: Error | undefined;
  terminate(): Promise<unknown>;
}

/** Makes the errors for a refusal and for the end of the thread. */
export interface AskerErrors {
  refused(refusal: WorkerRefusal): Error;
  ended(reason: string, cause?: unknown): Error;
}

/** Starts a worker as `startWorker` does. */
export function startAsker<Request extends object, Answer extends object>(
  module: URL,
  errors: AskerErrors,
  options?: WorkerOptions,
): Asker<Request, Answer> {
  const worker = startWorker(module, options);
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let lastId = 0;
  let ended: Error | undefined;
  const end = (reason: string, cause?: unknown) => {
    ended ??= errors.ended(reason, cause);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  const hear = (answer: WorkerAnswer<Answer>) => {
    const request = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ('error' in answer) request?.reject(errors.refused(answer.error as WorkerRefusal));
    else request?.resolve(answer);
  };
  worker.on('message', hear);
  worker.on('error', (error) => end(error.message, error));
  worker.on('exit', (code) => end(`it exited with code ${code}`));
  worker.unref();
  return {
    ask(request, transfer = []) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        try {
          worker.postMessage({ ...request, id }, transfer);
          worker.ref();
        } catch (error) {
          // A message that cannot be sent is never answered.
          waiting.delete(id);
          reject(error);
        }
      });
    },
    tell: (message) => worker.postMessage(message),
    get ended() {
      return ended;
    },
    terminate() {
      // The process stays alive until the thread has ended; an answer that arrives meanwhile must not unref it.
      worker.off('message', hear);
      return worker.terminate();
    },
  };
}
