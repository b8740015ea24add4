import { existsSync } from 'node:fs';
import t from 'tap';
import { CLOCK } from '../../../fixtures/rtsp/clock-camera.js';
import { missingForRealServer, startRealServer } from '../../../fixtures/rtsp/real-server.js';
import { openEngine } from '../../../pipeline/options/open-engine.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { createLog } from '../../../pipeline/serve/log.js';
import { serve } from '../../../pipeline/serve/serve.js';
import { bundlePage } from '../../../pipeline/viewer/bundle.js';
import { fakeEngine } from '../serve/fake-engine.js';
import { openChromium, skipWithoutChromium } from './open-chromium.js';

/**
 * Glass to page, by a clock that the camera films and the page's pixels show. Opt-in, since it needs an idle machine:
 *
 *     SEGNET_STREAM_LATENCY_SECONDS=60 npx tap test/pipeline/viewer/latency.test.ts
 *
 * With `SEGNET_STREAM_LATENCY_NETWORK=fake` the network takes no time; otherwise it is the named one, or the default.
 */
const SECONDS = Number(process.env.SEGNET_STREAM_LATENCY_SECONDS ?? 0);
const NETWORK = process.env.SEGNET_STREAM_LATENCY_NETWORK;
const skip =
  (SECONDS === 0 && 'opt-in: SEGNET_STREAM_LATENCY_SECONDS=60') || skipWithoutChromium || missingForRealServer();

t.setTimeout((SECONDS + 180) * 1000);

t.test('latency from the camera to the page', { skip, timeout: (SECONDS + 180) * 1000 }, async (t) => {
  if (!existsSync(packagedFile('dist', 'pipeline', 'viewer', 'page', 'viewer.js'))) {
    await bundlePage(packagedFile('dist', 'pipeline', 'viewer', 'page'));
  }
  const camera = await startRealServer({ clip: { clock: { width: 480, height: 360, fps: 25 } } });
  t.teardown(() => camera.kill());
  const stop = new AbortController();
  let summary: ReturnType<typeof serve> | undefined;
  const server = await new Promise<LiveServer>((resolve, reject) => {
    summary = serve(
      { sources: [`camera=${camera.url}`], port: 0 },
      {
        signal: stop.signal,
        nameOf: (option) => option,
        createEngine: async () => (NETWORK === 'fake' ? fakeEngine() : openEngine(NETWORK ? { network: NETWORK } : {})),
        createLog: (scrub) =>
          createLog({ format: 'text', level: 'warn', scrub, write: (line) => process.stderr.write(line) }),
        onListening: resolve,
      },
    );
    summary.catch(reject);
  });
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(server.url);
  await page.locator('#opacity').fill('0');
  await page.waitForSelector('#stage[data-status="live"]', { timeout: 60_000 });
  // Reads the clock of each picture in the repaint after it was drawn.
  const read = page.evaluate(
    ({ seconds, bits, squarePixels }) =>
      new Promise<{ ageMs: number; at: number }[]>((resolve) => {
        const canvas = document.getElementById('canvas') as HTMLCanvasElement;
        const context = canvas.getContext('2d')!;
        const begunAt = performance.now();
        const ages: { ageMs: number; at: number }[] = [];
        let seq = '';
        const look = (): void => {
          if (canvas.dataset.seq !== seq) {
            seq = canvas.dataset.seq ?? '';
            const row = context.getImageData(0, squarePixels / 2, bits * squarePixels, 1).data;
            let ms = 0;
            for (let bit = 0; bit < bits; bit++) if (row[(bit + 0.5) * squarePixels * 4]! > 128) ms += 2 ** bit;
            ages.push({ ageMs: (Date.now() - ms) % 2 ** bits, at: performance.now() - begunAt });
          }
          if (performance.now() - begunAt < seconds * 1000) requestAnimationFrame(look);
          else resolve(ages);
        };
        look();
      }),
    { seconds: SECONDS, ...CLOCK },
  );
  const glass = await read;
  const own = await page.evaluate(() => ['p50', 'p95', 'p99'].map((id) => document.getElementById(id)!.textContent));
  const stats = server.hub.streams[0]!.stats();
  stop.abort();
  await summary;

  const describe = (ages: number[]): string => {
    const sorted = ages.sort((a, b) => a - b);
    return [0.5, 0.95, 0.99].map((share) => `${Math.round(sorted[Math.floor(share * sorted.length)]!)} ms`).join(', ');
  };
  const tenth = Math.floor(glass.length / 10);
  t.comment(`glass to page, p50, p95, p99: ${describe(glass.map(({ ageMs }) => ageMs))}`);
  t.comment(
    `of the first tenth: ${describe(glass.slice(0, tenth).map(({ ageMs }) => ageMs))}; of the last: ${describe(glass.slice(-tenth).map(({ ageMs }) => ageMs))}`,
  );
  t.comment(`decoder to page, by the page itself, last seconds: ${own.join(', ')}`);
  t.comment(
    `age at emission: ${JSON.stringify(stats.ageMs)}, steps: ${JSON.stringify(stats.stepMs)}, dropped: ${JSON.stringify(stats.dropped)}`,
  );
  t.comment(`${(glass.length / SECONDS).toFixed(1)} pictures drawn a second`);
  t.ok(glass.length > 0);
});
