import type { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';
import { beginComputing, type Computing, endComputing } from './computing.js';

/** A queued request. Its message is made when its turn comes, so that waiting requests hold no copies. */
interface Job<Request, Result> {
  readonly prepare: () => { readonly message: Request; readonly transfer: ArrayBuffer[] };
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** A worker's answer to a request that failed; any other answer is a result. */
export interface Failed {
  readonly type: 'failed';
  readonly reason: string;
}

/**
 * Sends requests to a worker thread, one at a time and in order. The thread keeps the process alive only while it has work.
 *
 * The worker answers each message with a result or `{ type: 'failed', reason }`.
 */
export class WorkerQueue<Request, Result extends { readonly type: string }> {
  readonly #engine: string;
  readonly #worker: Worker;
  readonly #computing: Computing;
  readonly #waiting: Job<Request, Result>[] = [];
  #running: Job<Request, Result> | undefined;
  #closed: Failure | undefined;
  #ended: Promise<void> | undefined;
  /** Called when the worker has answered, even if the request was dropped meanwhile. */
  #answered: (() => void) | undefined;

  /** @param computing The flag that the worker clears with `endComputing` before each answer. */
  constructor(engine: string, worker: Worker, computing: Computing) {
    this.#engine = engine;
    this.#worker = worker;
    this.#computing = computing;
    worker.on('message', (reply: Result | Failed) => {
      this.#answered?.();
      this.#settle(reply);
    });
    worker.on('error', (error) => this.#die(`: ${error.message}`, error));
    worker.on('exit', () => {
      this.#answered?.();
      this.#die('');
    });
    worker.unref();
  }

  /**
   * Queues a request.
   *
   * @throws `Failure` `ENGINE_CLOSED` after `close`; `ENGINE_FAILED` where the request failed or the worker has died; the
   * signal's reason on abort, which drops a waiting request or the result of a running one.
   */
  run(prepare: Job<Request, Result>['prepare'], signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed);
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal!.reason);
      };
      const leave = () => signal?.removeEventListener('abort', abort);
      const job: Job<Request, Result> = {
        prepare,
        resolve: (result) => {
          leave();
          resolve(result);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  /**
   * Rejects waiting and running requests with `ENGINE_CLOSED`, and ends the thread once it has answered the running one: a
   * native library that finishes a request after its thread is gone aborts the process (`terminate called after throwing
   * Napi::Error`).
   */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    const isBusy = this.#running !== undefined;
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#stop(new Failure('ENGINE_CLOSED', `The ${this.#engine} engine is closed`));
    if (isBusy) await answered;
    await this.#worker.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#worker.unref();
      return;
    }
    try {
      const { message, transfer } = job.prepare();
      this.#running = job;
      this.#worker.ref();
      beginComputing(this.#computing);
      this.#worker.postMessage(message, transfer);
    } catch (error) {
      endComputing(this.#computing);
      this.#running = undefined;
      job.reject(error);
      this.#next();
    }
  }

  #settle(reply: Result | Failed): void {
    const job = this.#running;
    this.#running = undefined;
    if (isFailed(reply)) {
      job?.reject(
        new Failure('ENGINE_FAILED', `The ${this.#engine} engine could not segment a batch: ${reply.reason}`),
      );
    } else {
      job?.resolve(reply);
    }
    this.#next();
  }

  #die(why: string, cause?: Error): void {
    const options = cause === undefined ? undefined : { cause };
    this.#stop(
      new Failure('ENGINE_FAILED', `The thread of the ${this.#engine} engine ended unexpectedly${why}`, options),
    );
  }

  #stop(reason: Failure): void {
    // The first reason is kept: the exit that follows an error or a close says nothing new.
    this.#closed ??= reason;
    for (const job of [this.#running, ...this.#waiting.splice(0)]) job?.reject(this.#closed);
    this.#running = undefined;
  }
}

function isFailed(reply: { readonly type: string }): reply is Failed {
  return reply.type === 'failed';
}
