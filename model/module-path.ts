import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The file of a module beside the caller, of `new URL('./overlay-worker.js', import.meta.url)`: compiled, or where nothing is, the
 * TypeScript source, which whoever runs it has to have a loader for.
 */
export function modulePath(module: URL): string {
  const compiled = fileURLToPath(module);
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}
