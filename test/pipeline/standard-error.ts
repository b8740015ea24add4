import { PassThrough } from 'node:stream';

/** What a program may take for its standard error, on a terminal or not; what was written can be read from it. */
export function standardError(isTTY: boolean): NodeJS.WriteStream & PassThrough {
  const ofTerminals = { isTTY, columns: 100, cursorTo() {}, clearLine() {}, moveCursor() {} };
  return Object.assign(new PassThrough(), ofTerminals) as unknown as NodeJS.WriteStream & PassThrough;
}
