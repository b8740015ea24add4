import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { PAGE_FILES } from '../../../pipeline/viewer/page-files.js';
import { openTestServer } from './open-test-server.js';

t.test('the page goes out compressed to who takes that, each form with a name of its own', async (t) => {
  const pageFolder = `${t.testdirName}/page`;
  await mkdir(pageFolder, { recursive: true });
  for (const { file } of PAGE_FILES)
    await writeFile(`${pageFolder}/${file}`, file === 'icon.svg' ? 'x' : file.repeat(99));
  const { port } = await openTestServer(t, { pageFolder });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; encoding: unknown; etag: string; length: unknown; vary: unknown; body: Buffer }>(
      (resolve, reject) => {
        request({ port, path, method, headers }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const { 'content-encoding': encoding, etag = '', 'content-length': length, vary } = response.headers;
          resolve({ status: response.statusCode!, encoding, etag, length, vary, body: Buffer.concat(chunks) });
        })
          .on('error', reject)
          .end();
      },
    );
  const plain = await get('/viewer.js');
  t.match(plain, { status: 200, encoding: undefined, vary: 'Accept-Encoding' });
  const zipped = await get('/viewer.js', { 'accept-encoding': 'gzip, deflate, br' });
  t.match(zipped, { status: 200, encoding: 'gzip', vary: 'Accept-Encoding', length: String(zipped.body.length) });
  t.ok(zipped.body.length < plain.body.length);
  t.same(gunzipSync(zipped.body), plain.body);
  t.not(zipped.etag, plain.etag);
  t.match(await get('/viewer.js', { 'accept-encoding': 'gzip' }, 'HEAD'), { length: zipped.length, body: Buffer.of() });
  const again = { 'accept-encoding': 'gzip', 'if-none-match': zipped.etag };
  t.match(await get('/viewer.js', again), { status: 304, etag: zipped.etag, vary: 'Accept-Encoding' });
  t.equal((await get('/viewer.js', { 'if-none-match': zipped.etag })).status, 200, 'who takes it no more');
  t.equal((await get('/icon.svg', { 'accept-encoding': 'gzip' })).encoding, undefined, 'it would be larger');
  for (const [accepted, encoding] of [
    ['GZIP', 'gzip'],
    ['br, gzip;q=0.5', 'gzip'],
    ['gzip ; q=1.0, br', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip;q=0.000, br', undefined],
    ['br;q=1, gzip;q=0.', undefined],
    ['xgzip, gzipx', undefined],
    ['', undefined],
    ['identity', undefined],
    [','.repeat(8000), undefined],
    [' '.repeat(8000), undefined],
  ] as const)
    t.equal((await get('/', { 'accept-encoding': accepted })).encoding, encoding, accepted.slice(0, 40));
});
