import { mkdir, writeFile } from 'node:fs/promises';
import type { Test } from 'tap';
import { LISTEN_DEFAULTS } from '../../../pipeline/options/listen-options.js';
import { type LiveServer, type LiveServerOptions, openLiveServer } from '../../../pipeline/serve/live-server.js';
import { PAGE_FILES } from '../../../pipeline/viewer/page-files.js';

/** A server on a free port with two streams, `front` and `back`, closed after the test; its page is empty files. */
export async function openTestServer(t: Test, options: Partial<LiveServerOptions> = {}): Promise<LiveServer> {
  const pageFolder = t.testdirName;
  await mkdir(pageFolder, { recursive: true });
  for (const { file } of PAGE_FILES) await writeFile(`${pageFolder}/${file}`, file);
  const server = await openLiveServer({
    ...LISTEN_DEFAULTS,
    server: 'segnet-stream/test',
    port: 0,
    pageFolder,
    streams: ['front', 'back'],
    model: { network: 'fake', engine: 'fake', provider: 'cpu', precision: 'float32', width: 64, height: 48 },
    classes: [
      { name: 'sky', colour: [128, 128, 128] },
      { name: 'road', colour: [128, 64, 128] },
    ],
    ...options,
  });
  t.teardown(() => server.close('The test is over'));
  return server;
}
