import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { encodeParts } from '../../../operators/encode-parts.js';
import type { SegmentedFrame } from '../../../operators/frame.js';
import { LISTEN_DEFAULTS } from '../../../pipeline/options/listen-options.js';
import { type LiveServer, type LiveServerOptions, openLiveServer } from '../../../pipeline/serve/live-server.js';
import { bundlePage } from '../../../pipeline/viewer/bundle.js';
import { fakeFrame } from '../serve/fake-frames.js';
import { openChromium } from './open-chromium.js';

/** One for all tests of a file, each with a context of its own. */
let browser: Browser | undefined;
t.teardown(() => browser?.close());

/** A server with the real page and, unless others are given, two streams. */
export async function openServer(t: Test, options: Partial<LiveServerOptions> = {}): Promise<LiveServer> {
  const { streams = ['front', 'back'] } = options;
  const pageFolder = t.testdirName;
  await bundlePage(pageFolder);
  const server = await openLiveServer({
    ...LISTEN_DEFAULTS,
    server: 'segnet-stream/test',
    port: 0,
    pageFolder,
    streams,
    model: { network: 'fake', engine: 'fake', provider: 'cpu', precision: 'float32', width: 64, height: 48 },
    classes: [
      { name: 'sky', colour: [0, 0, 255] },
      { name: 'road', colour: [255, 0, 0] },
    ],
    ...options,
  });
  t.teardown(() => server.close('The test is over'));
  for (const name of streams) server.hub.setStatus(name, { state: 'live', epoch: 0, since: 0 });
  return server;
}

/** Shows moving frames on `front` until stopped: a bright bar over sky and road; in the source's own picture there are stripes of 4 pixels, black and white. */
export function keepShowing(t: Test, server: LiveServer, given: Partial<SegmentedFrame> = {}): () => void {
  let index = 0;
  let isOver = false;
  const timer = setInterval(async () => {
    const frame = fakeFrame({ index: index++, ...given });
    const data = new Uint8Array(64 * 48 * 3).fill(60);
    const bar = (index * 2) % 48;
    data.fill(250, bar * 64 * 3, (bar + 4) * 64 * 3);
    const luma = Uint8Array.from({ length: 128 * 96 }, (_, at) => (at & 4 ? 235 : 16));
    frame.picture.data.set(luma);
    const moving = { ...frame, input: { ...frame.input, data } };
    const parts = await encodeParts(moving, server.hub.wanted('front'));
    if (!isOver) server.hub.show(moving, parts, 1);
  }, 40);
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
  };
  t.teardown(stop);
  return stop;
}

/** Opens the page in a browser context of its own, and gathers what the browser complains of. */
export async function openPage(t: Test, url: string, options: BrowserContextOptions = {}) {
  browser ??= await openChromium();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  t.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy'))
      complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** Waits until the page says this of its picture. */
export const status = (page: Page, kind: string) => page.waitForSelector(`#stage[data-status="${kind}"]`);
/** The number of the frame that is shown, -1 before the first. */
export const seqOf = (page: Page) =>
  page.$eval('#canvas', (canvas) => Number((canvas as HTMLCanvasElement).dataset.seq ?? -1));
