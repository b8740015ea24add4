import { modulePath } from '../model/module-path.js';

/** A program and its arguments. */
export interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command that runs a module next to the caller as a separate process: `moduleCommand(new URL('./route-program.js',
 * import.meta.url))`. Like `startWorker` for threads, it uses the TypeScript source, with this process's loader, where nothing
 * is compiled.
 */
export function moduleCommand(module: URL, args: readonly string[] = []): ProgramCall {
  return { file: process.execPath, args: [...process.execArgv, modulePath(module), ...args] };
}
