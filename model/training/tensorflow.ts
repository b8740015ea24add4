import { createRequire } from 'node:module';
import nodeUtil from 'node:util';
import type * as TensorflowModule from '@tensorflow/tfjs-node-gpu';
import { Failure } from '../failure.js';

/** TensorFlow.js bound to TensorFlow's C library. */
export type Tensorflow = typeof TensorflowModule;

/** The command that sets TensorFlow up, for messages: a project that installed the package has not its npm scripts. */
export const TENSORFLOW_SETUP =
  '"npm run setup:tensorflow" in a clone of the project (with "-- --gpu" for an NVIDIA GPU), or "node node_modules/segnet-stream/dist/pipeline/setup-tensorflow.js" where the package is installed (with "--gpu")';

let loaded: Tensorflow | undefined;

/**
 * Sets the environment variables that TensorFlow's C library reads when it is loaded. Only changes of the main thread reach it,
 * so an engine calls this before it starts its worker.
 */
export function prepareTensorflow(threads?: number): void {
  // Keeps the library from reporting every CPU feature that it was compiled for; errors are still shown.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
}

/**
 * Loads TensorFlow.js with its native addon, once.
 *
 * @throws `Failure` `ENGINE_UNAVAILABLE` where the optional package or its addon is missing, saying how to get it.
 */
export async function loadTensorflow(): Promise<Tensorflow> {
  if (loaded !== undefined) return loaded;
  prepareTensorflow();
  const require = createRequire(import.meta.url);
  // The package calls functions that Node 23 removed from node:util. They are added to its CommonJS object, which the package reads.
  const legacy = nodeUtil as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
  try {
    loaded = require('@tensorflow/tfjs-node-gpu') as Tensorflow;
  } catch (error) {
    throw new Failure(
      'ENGINE_UNAVAILABLE',
      `TensorFlow is not set up here (${firstLine(error)}): run ${TENSORFLOW_SETUP}`,
      { cause: error },
    );
  }
  await loaded.ready();
  return loaded;
}

function firstLine(error: unknown): string {
  return String((error as Error).message ?? error).split('\n')[0]!;
}
