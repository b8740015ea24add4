import type { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';

/**
 * Waits for the first message of an engine's worker, which says whether the engine started.
 *
 * @param engine The engine's name, for messages.
 * @param advice A sentence that says how to get the engine.
 * @throws `Failure` `ENGINE_UNAVAILABLE` where the thread throws or ends before its first message.
 */
export function firstReply<Reply>(worker: Worker, engine: string, advice: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error) =>
      reject(
        new Failure('ENGINE_UNAVAILABLE', `The ${engine} engine could not start: ${reason}. ${advice}`, { cause }),
      );
    worker.once('error', (error) => fail(error.message, error));
    worker.once('exit', () => fail('its thread ended'));
    worker.once('message', resolve);
  });
}
