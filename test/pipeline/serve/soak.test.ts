import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type FaultServer, startFaultServer } from '../../../fixtures/rtsp/fault-server.js';
import { makeStreamClip } from '../../../fixtures/rtsp/make-stream-clip.js';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import { asIs } from '../../../pipeline/options/flag.js';
import { parseSources } from '../../../pipeline/serve/live-source.js';
import { checkServeOptions } from '../../../pipeline/serve/serve-options.js';
import { watchSource } from '../../../pipeline/serve/watch-source.js';
import { fakeEngine } from './fake-engine.js';
import { openTestServer } from './open-test-server.js';
import { connectRaw } from './raw-client.js';

/**
 * Weeks in minutes: cameras that fail all the time and viewers that come, dawdle and go. Opt-in:
 *
 *     SEGNET_STREAM_SOAK_MINUTES=20 npx tap -t 3600 test/pipeline/serve/soak.test.ts
 *     SEGNET_STREAM_RECONNECTS=1000 npx tap -t 3600 test/pipeline/serve/soak.test.ts
 */
const MINUTES = Number(process.env.SEGNET_STREAM_SOAK_MINUTES ?? 0);
const RECONNECTS = Number(process.env.SEGNET_STREAM_RECONNECTS ?? 0);
const CAMERAS = 4;
const LIMIT_MS = Math.max(MINUTES * 60_000, RECONNECTS * 10_000) + 300_000;

interface Sample {
  readonly minute: number;
  readonly rssMb: number;
  readonly handles: number;
  readonly files: number;
  readonly ffmpegs: number;
}

function sample(begunAt: number): Sample {
  globalThis.gc?.();
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  return {
    minute: (performance.now() - begunAt) / 60_000,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    handles: process.getActiveResourcesInfo().length,
    files: readdirSync('/proc/self/fd').length,
    ffmpegs: children === '' ? 0 : children.split(' ').length,
  };
}

/** Least squares, a minute. */
function slope(samples: readonly Sample[], field: Exclude<keyof Sample, 'minute'>): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ minute }) => minute));
  const y = mean(samples.map((each) => each[field]));
  const over = samples.reduce((sum, each) => sum + (each.minute - x) * (each[field] - y), 0);
  return over / samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
}

t.setTimeout(LIMIT_MS);

t.test(
  'soak',
  { skip: MINUTES + RECONNECTS === 0 && 'opt-in: SEGNET_STREAM_SOAK_MINUTES=20', timeout: LIMIT_MS },
  async (t) => {
    await mkdir(t.testdirName, { recursive: true });
    const clips = await Promise.all(
      [160, 240].map(async (width) => {
        const path = `${t.testdirName}/${width}.h264`;
        await makeStreamClip(path, { width, height: 120 });
        return readFile(path);
      }),
    );
    const cameras: FaultServer[] = await Promise.all(
      Array.from({ length: CAMERAS }, () => startFaultServer({ clip: clips[0]!, fps: 12 })),
    );
    const names = cameras.map((_, index) => `camera ${index}`);
    const server = await openTestServer(t, { streams: names, limits: { ackTimeoutMs: 2000 } });
    const tool = await findFfmpeg();
    const engine = fakeEngine({ width: 160, height: 120 });
    let restarts = 0;
    const routes = parseSources(cameras.map(({ url }, index) => `camera ${index}=${url}`)).map((source) =>
      watchSource(source, {
        engine,
        batch: 1,
        hub: server.hub,
        tool,
        options: checkServeOptions({ sources: ['all'], stallTimeout: 2, openTimeout: 5 }, asIs),
        signal: new AbortController().signal,
        waits: { backoffMs: 50, maxBackoffMs: 400 },
        onStatus(status) {
          if (status.state === 'connecting' && status.epoch > 0) restarts += 1;
          server.hub.setStatus(source.name, status);
        },
        onWarning: () => {},
      }).subscribe({ error: (error) => t.fail(String(error)) }),
    );

    /** A viewer of one camera that acknowledges, or not, and leaves after a while, politely or not. */
    const visit = async (round: number): Promise<void> => {
      const client = connectRaw(server);
      await client.hear('hello');
      client.send({ type: 'subscribe', stream: round % CAMERAS, parts: ['source', 'mask', 'stats'] });
      client.socket.on('message', (_data, isBinary) => {
        const frame = isBinary ? client.frames.pop() : undefined;
        client.messages.length = 0;
        if (frame && round % 3 > 0) client.send({ type: 'ack', stream: frame.stream, seq: frame.seq });
      });
      await Promise.race([client.closed, sleep(3000)]);
      if (round % 2) client.socket.close();
      else client.socket.terminate();
    };
    const faults: ((camera: FaultServer, round: number) => Promise<void>)[] = [
      async (camera) => camera.dropAll(),
      async (camera, round) => {
        camera.changeClip(clips[round % 2]!);
        camera.dropAll();
      },
      async (camera) => {
        camera.mute();
        await sleep(3000);
        camera.unmute();
      },
    ];

    const begunAt = performance.now();
    const samples: Sample[] = [];
    let nextSampleAt = 0;
    const isDone = (): boolean => performance.now() - begunAt >= MINUTES * 60_000 && restarts >= RECONNECTS;
    const visits = new Set<Promise<void>>();
    for (let round = 0; !isDone(); round++) {
      // One address may have 20 connections, and those that leave take a moment.
      if (visits.size < 12) {
        const visiting = visit(round).finally(() => visits.delete(visiting));
        visits.add(visiting);
      }
      // A camera that plays is made to fail; for reconnects by the thousand by the quickest fault alone.
      const camera = cameras[round % CAMERAS]!;
      if (camera.playing > 0) await faults[RECONNECTS > 0 ? 0 : round % faults.length]!(camera, round);
      await sleep(RECONNECTS > 0 ? 100 : 1000);
      if (performance.now() >= begunAt + nextSampleAt) {
        nextSampleAt += 10_000;
        samples.push(sample(begunAt));
        t.comment(JSON.stringify({ ...samples.at(-1), restarts, clients: server.hub.sessions.size }));
      }
    }
    await Promise.all(visits);
    for (const route of routes) route.unsubscribe();
    await Promise.all(cameras.map((camera) => camera.close()));
    await server.close('The soak is over');
    for (let tries = 0; tries < 100 && sample(begunAt).ffmpegs > 0; tries++) await sleep(50);
    const last = sample(begunAt);
    // The first third is warming up.
    const settled = samples.slice(Math.floor(samples.length / 3));
    const slopes = Object.fromEntries(
      (['rssMb', 'handles', 'files', 'ffmpegs'] as const).map((field) => [field, slope(settled, field)]),
    );
    t.comment(`${restarts} restarts; growth a minute: ${JSON.stringify(slopes)}; at the end: ${JSON.stringify(last)}`);
    t.equal(last.ffmpegs, 0, 'no ffmpeg is left behind');
    t.ok(last.files <= samples[0]!.files + 8, 'no descriptor is left behind');
  },
);
