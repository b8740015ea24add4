import { access } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/** Returns the name of a file while it is being written: `NAME.part.mp4`. It keeps its extension, so that it plays. */
export function partOf(output: string): string {
  return withSuffix(output, '.part');
}

/** Returns the name under which a complete part is rewritten for fast start: `NAME.part.whole.mp4`. */
export function wholeOf(output: string): string {
  return withSuffix(output, '.part.whole');
}

/** Returns the file for which a name of {@link partOf} or {@link wholeOf} was made; undefined for other names. */
export function outputOfPart(path: string): string | undefined {
  const ending = extname(path);
  const stem = basename(path, ending);
  const name = stem.replace(/\.part(\.whole)?$/, '');
  return name === stem || name === '' ? undefined : join(dirname(path), `${name}${ending}`);
}

/** True if there is something at a path, as far as can be seen. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function withSuffix(output: string, suffix: string): string {
  return join(dirname(output), `${basename(output, extname(output))}${suffix}${extname(output)}`);
}
