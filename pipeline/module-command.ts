import { modulePath } from '../model/module-path.js';

/** A program and its arguments. */
export interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * How to run a module beside the caller as a program of its own: `moduleCommand(new URL('./route-program.js', import.meta.url))`.
 * As `startWorker` does for threads, it takes the TypeScript source, with this process's loader, where nothing is compiled.
 */
export function moduleCommand(module: URL, args: readonly string[] = []): ProgramCall {
  return { file: process.execPath, args: [...process.execArgv, modulePath(module), ...args] };
}
