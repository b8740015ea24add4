import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The file of a module beside the caller, given as `new URL('./overlay-worker.js', import.meta.url)`: the compiled file, or the
 * TypeScript source where nothing is compiled. Running the source needs a loader.
 */
export function modulePath(module: URL): string {
  const compiled = fileURLToPath(module);
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}
