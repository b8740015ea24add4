import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with this package's `package.json`, both for the TypeScript source and for `dist/`. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new TypeError(`no package.json above ${fileURLToPath(import.meta.url)}`);
  return findRoot(parent);
}

/** The absolute path of a file that comes with the package: `packagedFile('fixtures', 'clips', 'road.mp4')`. */
export function packagedFile(...parts: readonly string[]): string {
  return join(packageRoot, ...parts);
}

/** The clip that comes with the package. */
export const sampleClip: string = packagedFile('fixtures', 'clips', 'road.mp4');

/** This package's version. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')) as { version: string }).version;
}
