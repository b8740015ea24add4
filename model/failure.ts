/**
 * An error that a person can act on: one sentence that names the option or file, what was expected and what was got.
 *
 * The command line prints `message` alone; programs switch on `code`. Codes are stable, upper case, one noun or
 * adjective a situation (`INPUT_MISSING`, `INPUT_NOT_VIDEO`, `OPTION_INVALID`, `ENGINE_UNAVAILABLE`, ...).
 */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
  }
}
