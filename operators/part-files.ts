import { basename, dirname, extname, join } from 'node:path';

/** What a file is called while it is written: `NAME.part.mp4`. It keeps its ending, so that it plays. */
export function partOf(output: string): string {
  return withSuffix(output, '.part');
}

/** What a complete part is called while it is rewritten for fast start: `NAME.part.whole.mp4`. */
export function wholeOf(output: string): string {
  return withSuffix(output, '.part.whole');
}

/** The file that a name of {@link partOf} or {@link wholeOf} is made for; undefined for other names. */
export function outputOfPart(path: string): string | undefined {
  const ending = extname(path);
  const stem = basename(path, ending);
  const name = stem.replace(/\.part(\.whole)?$/, '');
  return name === stem || name === '' ? undefined : join(dirname(path), `${name}${ending}`);
}

function withSuffix(output: string, suffix: string): string {
  return join(dirname(output), `${basename(output, extname(output))}${suffix}${extname(output)}`);
}
