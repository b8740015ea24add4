/**
 * An error that a person can act on: one sentence that names the option or file, what was expected and what was got.
 *
 * The command line prints `message` alone; programs switch on `code`. Codes are stable and upper case, one for each situation
 * (`INPUT_MISSING`, `INPUT_NOT_VIDEO`, `OPTION_INVALID`, `ENGINE_UNAVAILABLE`, ...).
 */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
  }
}

/**
 * Turns a system error on writing a file or folder into the `Failure` `OUTPUT_DISK_FULL` or `OUTPUT_UNWRITABLE`.
 *
 * @param what What the message calls it: `the weights file`.
 * @param verb What could not be done.
 */
export function outputFailure(what: string, path: string, cause: unknown, verb: 'write' | 'make' = 'write'): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const says = (reason: string) => `Could not ${verb} ${what} ${path}: ${reason}`;
  // An exceeded quota is a full disk for this user.
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Failure('OUTPUT_DISK_FULL', says('the disk is full'), { cause });
  return new Failure('OUTPUT_UNWRITABLE', says(reasonOf(cause as NodeJS.ErrnoException, verb) ?? message), { cause });
}

function reasonOf({ code, syscall }: NodeJS.ErrnoException, verb: 'write' | 'make'): string | undefined {
  if (code === 'ENOTDIR' || (code === 'EEXIST' && syscall === 'mkdir')) return 'a folder is expected where a file is';
  if (code !== 'ENOENT' || verb === 'make') return undefined;
  return syscall === 'rename'
    ? 'its part is gone, as something else writes or removes it'
    : 'the folder does not exist';
}
