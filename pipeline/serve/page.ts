import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../model/failure.js';
import { packagedFile } from '../options/package-root.js';
import { PAGE_FILES } from '../viewer/page-files.js';

/** A file of the page, as it is served. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

/**
 * Reads the page's few files into memory, by URL path.
 *
 * @throws `Failure` `PAGE_MISSING` if the build has not made them.
 */
export async function loadPage(
  folder = packagedFile('dist', 'pipeline', 'viewer', 'page'),
): Promise<ReadonlyMap<string, PageFile>> {
  const page = new Map<string, PageFile>();
  for (const { path, file, type } of PAGE_FILES) {
    let body: Buffer;
    try {
      body = await readFile(`${folder}/${file}`);
    } catch (cause) {
      throw new Failure(
        'PAGE_MISSING',
        `The viewer page is not built: ${file} is missing in ${folder}; run \`npm run build\``,
        { cause },
      );
    }
    page.set(path, { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` });
  }
  return page;
}
