import { Failure } from '../model/failure.js';

/** Says in one sentence why a file could not be written. */
export function explainWriteError(path: string, error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return new Failure('OUTPUT_DISK_FULL', `The disk is full: ${path} could not be written.`, { cause: error });
  const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'the folder does not exist' : (code ?? message);
  return new Failure('OUTPUT_UNWRITABLE', `Output ${path} cannot be written: ${reason}.`, { cause: error });
}
