import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Failure } from '../../model/failure.js';
import { packagedFile } from '../options/package-root.js';
import { PAGE_FILES } from '../viewer/page-files.js';

/** The bytes of a file and their entity tag. */
export interface PageBody {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** A served file of the page. */
export interface PageFile {
  readonly type: string;
  readonly plain: PageBody;
  /** Present if it is smaller. Browsers accept no better compression without TLS. */
  readonly gzip?: PageBody;
}

/**
 * Reads the page's few files into memory, by URL path.
 *
 * @throws `Failure` `PAGE_MISSING` if they have not been built.
 */
export async function loadPage(
  folder = packagedFile('dist', 'pipeline', 'viewer', 'page'),
): Promise<ReadonlyMap<string, PageFile>> {
  const page = new Map<string, PageFile>();
  for (const { path, file, type } of PAGE_FILES) {
    let bytes: Buffer;
    try {
      bytes = await readFile(`${folder}/${file}`);
    } catch (cause) {
      throw new Failure(
        'PAGE_MISSING',
        `The viewer page is not built: ${file} is missing in ${folder}; run \`npm run build\``,
        { cause },
      );
    }
    const zipped = await promisify(gzip)(bytes, { level: 9 });
    const isSmaller = zipped.length < bytes.length;
    page.set(path, { type, plain: named(bytes), ...(isSmaller && { gzip: named(zipped) }) });
  }
  return page;
}

function named(bytes: Buffer): PageBody {
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}
