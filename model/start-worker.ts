import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { modulePath } from './module-path.js';

/** The threads work on bytes and make little garbage. With V8's default of 48 MB each would keep about ten MB more before collecting any. */
const YOUNG_MB = 6;

/**
 * Starts a worker thread from a module next to the caller: `startWorker(new URL('./overlay-worker.js', import.meta.url))`.
 *
 * Compiled code runs the `.js` file as it is. Under a TypeScript loader (the tests) only the `.ts` source exists: the worker
 * inherits the loader through `process.execArgv`, so only the name has to change.
 *
 * @throws `TypeError` where neither file exists, which only a packaging error can cause.
 */
export function startWorker(module: URL, options: WorkerOptions = {}): Worker {
  const limits: WorkerOptions = { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } };
  const path = modulePath(module);
  if (!existsSync(path)) throw new TypeError(`there is no worker module at ${fileURLToPath(module)}`);
  return new Worker(path, { ...limits, ...ownArguments(), ...options });
}

/** `node --input-type=module -e PROGRAM` would give its threads an option that Node refuses for files. */
function ownArguments(): WorkerOptions {
  return process.execArgv.some((argument) => argument.startsWith('--input-type')) ? { execArgv: [] } : {};
}
