import { copyFile, mkdir } from 'node:fs/promises';
import { build } from 'esbuild';
import { isMain } from '../../model/is-main.js';
import { packagedFile } from '../options/package-root.js';

/** Builds the viewer page into a folder: the script and its libraries in one file, the styles in another. */
export async function bundlePage(folder: string): Promise<void> {
  const source = packagedFile('pipeline', 'viewer');
  await mkdir(folder, { recursive: true });
  await Promise.all([
    build({
      entryPoints: [`${source}/main.ts`],
      outfile: `${folder}/viewer.js`,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      legalComments: 'inline',
      // Only the client's code for Node imports it, which a page never reaches.
      external: ['ws'],
    }),
    build({
      stdin: {
        contents: '@import "uplot/dist/uPlot.min.css"; @import "./viewer.css";',
        loader: 'css',
        resolveDir: source,
      },
      outfile: `${folder}/viewer.css`,
      bundle: true,
      minify: true,
    }),
    copyFile(`${source}/index.html`, `${folder}/index.html`),
    copyFile(`${source}/icon.svg`, `${folder}/icon.svg`),
  ]);
}

if (isMain(import.meta.url)) {
  await bundlePage(packagedFile('dist', 'pipeline', 'viewer', 'page'));
}
