import { PassThrough } from 'node:stream';

/** What a program may take for its standard error, on a terminal or not; what was written can be read from it. */
export function standardError(isTTY: boolean): NodeJS.WriteStream & PassThrough {
  const ofTerminals = { isTTY, columns: 100, cursorTo() {}, clearLine() {}, moveCursor() {} };
  return Object.assign(new PassThrough(), ofTerminals) as unknown as NodeJS.WriteStream & PassThrough;
}

/** All that was written since; empty if nothing was. Since Node 26 `read` gives it piece by piece. */
export function writtenTo(stream: PassThrough): string {
  let text = '';
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) text += chunk;
  return text;
}
