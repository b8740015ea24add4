import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type FaultServerOptions, startFaultServer } from '../../../fixtures/rtsp/fault-server.js';
import { makeStreamClip } from '../../../fixtures/rtsp/make-stream-clip.js';
import { missingForRealServer, startRealServer } from '../../../fixtures/rtsp/real-server.js';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import type { SegmentedFrame } from '../../../operators/frame.js';
import type { SourceStatus } from '../../../operators/supervise.js';
import { asIs } from '../../../pipeline/options/flag.js';
import { Hub } from '../../../pipeline/serve/hub.js';
import { parseSources } from '../../../pipeline/serve/live-source.js';
import { createScrubber, passwordsOf } from '../../../pipeline/serve/scrub.js';
import { checkServeOptions, type ServeOptions } from '../../../pipeline/serve/serve-options.js';
import { watchSource } from '../../../pipeline/serve/watch-source.js';
import { noFfmpegRuns, runningFfmpegs } from '../../operators/running-ffmpegs.js';
import { fakeEngine } from './fake-engine.js';

const skip = spawnSync('ffmpeg', ['-version']).status !== 0 && 'no ffmpeg here';

/** Watches sources as `serve` does, and lets a test wait for what happens. */
async function watch(t: Test, sources: readonly string[], options: Partial<ServeOptions> = {}, delayMs = 0) {
  const engine = fakeEngine({ width: 160, height: 120, delayMs });
  const parsed = parseSources(sources);
  const scrub = createScrubber(parsed.flatMap(({ input }) => passwordsOf(input)));
  const said: string[] = [];
  const describeError = (error: unknown): string => {
    const text = scrub((error as Error).message);
    said.push(text);
    return text;
  };
  const hub = new Hub({
    server: 'test',
    model: { ...engine, width: 160, height: 120, engine: 'fake' },
    classes: engine.classes,
    streams: parsed.map(({ name }) => name),
    describeError,
  });
  const states: (SourceStatus & { readonly source: string; readonly code: unknown })[] = [];
  const frames: SegmentedFrame[] = [];
  const stop = new AbortController();
  let wake = (): void => {};
  const tool = await findFfmpeg();
  const subscriptions = parsed.map((source) =>
    watchSource(source, {
      engine,
      batch: 1,
      hub,
      tool,
      options: checkServeOptions({ sources, ...options }, asIs),
      signal: stop.signal,
      onStatus(status) {
        hub.setStatus(source.name, status);
        states.push({ ...status, source: source.name, code: (status.error as { code?: unknown } | undefined)?.code });
        wake();
      },
      onWarning: () => {},
    }).subscribe({
      next(frame) {
        frames.push(frame);
        wake();
      },
      error: (error) => t.fail(String(error)),
    }),
  );
  t.teardown(() => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    hub.close('The test is over');
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const state = (source: string) => states.findLast((status) => status.source === source);
  return { hub, frames, states, state, until, said, stop: () => stop.abort() };
}

/** Says how long a fault took to be noticed and, once mended, to be recovered from. */
function stopwatch(t: Test, fault: string) {
  const begunAt = performance.now();
  const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
  let noticed = '';
  let mendedAt = begunAt;
  return {
    noticed: () => (noticed = seconds(begunAt)),
    mended: () => (mendedAt = performance.now()),
    recovered: () => t.comment(`${fault}: noticed after ${noticed} s, live ${seconds(mendedAt)} s after it was mended`),
  };
}

const clips = new Map<string, Promise<Uint8Array>>();

/** A clip of a size, made once: cameras that are opened at once must not read what another is still writing. */
function clipOf(t: Test, width: number, height: number): Promise<Uint8Array> {
  const path = `${t.testdirName}/${width}.h264`;
  const made = clips.get(path) ?? writeClip(t.testdirName, path, width, height);
  clips.set(path, made);
  return made;
}

async function writeClip(folder: string, path: string, width: number, height: number): Promise<Uint8Array> {
  await mkdir(folder, { recursive: true });
  await makeStreamClip(path, { width, height });
  return readFile(path);
}

async function openCamera(t: Test, options: Partial<FaultServerOptions> = {}) {
  const camera = await startFaultServer({ clip: await clipOf(t, 320, 240), fps: 25, ...options });
  t.teardown(() => camera.close());
  return camera;
}

t.setTimeout(300_000);

t.test('an RTSP camera with its faults', { skip, timeout: 300_000 }, async (t) => {
  t.test('drops the connection, and is there again with another size: goes on in a new epoch', async (t) => {
    const camera = await openCamera(t);
    const { frames, state, until } = await watch(t, [`cam=${camera.url}`]);
    await until(() => frames.length > 5);
    t.match(frames[0], { source: 'cam', epoch: 0, picture: { width: 320, height: 240 } });
    camera.changeClip(await clipOf(t, 240, 180));
    const time = stopwatch(t, 'connection dropped');
    camera.dropAll();
    await until(() => state('cam')?.state === 'reconnecting');
    time.noticed();
    await until(() => frames.at(-1)!.epoch > 0);
    time.recovered();
    t.match(frames.at(-1)!.picture, { width: 240, height: 180 });
    t.equal(state('cam')?.state, 'live');
  });

  t.test('drops the connection as soon as it plays, before ffmpeg knows what: tried again soon', async (t) => {
    const camera = await openCamera(t);
    const { frames, states, state, until } = await watch(t, [`cam=${camera.url}`]);
    while (camera.playing === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    camera.dropAll();
    await until(() => state('cam')?.state !== 'connecting');
    t.match(states.at(-1), { state: 'reconnecting', epoch: 0 }, `${state('cam')?.code}`);
    await until(() => frames.length > 0);
    t.equal(frames[0]!.epoch, 1);
  });

  t.test('takes connections and is silent, as a frozen camera does: that is said', async (t) => {
    const held: Socket[] = [];
    const frozen = createServer((socket) => held.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const socket of held) socket.destroy();
      frozen.close();
    });
    const { port } = frozen.address() as AddressInfo;
    const addresses = [`open=rtsp://127.0.0.1:${port}/x`, `closed=rtsp://user:secret@127.0.0.1:${port}/x`];
    const { states, state, until } = await watch(t, addresses);
    for (const name of ['open', 'closed']) {
      await until(() => state(name)?.state === 'reconnecting');
      t.equal(
        states.find(({ source, code }) => source === name && code !== undefined)?.code,
        'INPUT_UNREACHABLE',
        name,
      );
    }
  });

  t.test('goes on answering but sends nothing: stalled, then tried again until it is back', async (t) => {
    const camera = await openCamera(t);
    const { frames, state, until, states } = await watch(t, [`cam=${camera.url}`], { stallTimeout: 1, openTimeout: 4 });
    await until(() => frames.length > 5);
    const time = stopwatch(t, 'answers but sends nothing (stall time-out 1 s)');
    camera.mute();
    await until(() => state('cam')?.state === 'reconnecting');
    time.noticed();
    t.same(
      states.map(({ state }) => state).filter((state) => state !== 'live'),
      ['connecting', 'stalled', 'reconnecting'],
    );
    t.equal(state('cam')?.code, 'SOURCE_SILENT');
    camera.unmute();
    time.mended();
    const seen = frames.length;
    await until(() => frames.length > seen);
    time.recovered();
    t.ok(frames.at(-1)!.epoch > 0);
  });

  t.test('a wrong password, a path that is not there and a port that nobody listens on are told apart', async (t) => {
    const camera = await openCamera(t, { user: 'viewer', password: 'right/secret' });
    const at = (credentials: string, path: string): string =>
      camera.url.replace('//', `//${credentials}@`).replace('camera', path);
    const gone = await openCamera(t);
    await gone.close();
    const { state, until, states, said, hub } = await watch(t, [
      `good=${at('viewer:right%2Fsecret', 'camera')}`,
      `wrong=${at('viewer:wr0ngsecret', 'camera')}`,
      `nowhere=${at('viewer:right%2Fsecret', 'elsewhere')}`,
      `gone=${gone.url}`,
    ]);
    await until(() => state('good')?.state === 'live');
    await until(() =>
      ['wrong', 'nowhere', 'gone'].every((name) => states.some(({ source, code }) => source === name && code)),
    );
    t.match(state('wrong'), { state: 'failed', code: 'INPUT_UNAUTHORIZED' });
    t.match(state('nowhere'), { state: 'failed', code: 'INPUT_NOT_FOUND' });
    t.equal(states.find(({ source, code }) => source === 'gone' && code)?.code, 'INPUT_REFUSED');
    const { since, retryAt } = state('wrong')!;
    t.ok(retryAt! - since >= 30_000, 'a wrong password is not tried every second');
    t.equal(state('good')?.state, 'live', 'the others do not disturb it');
    t.notMatch(JSON.stringify([said, hub.hello]), /secret/);
  });

  t.test('the password is not in the list of processes', async (t) => {
    const camera = await openCamera(t, { user: 'viewer', password: 'right/secret' });
    const { frames, until } = await watch(t, [camera.url.replace('//', '//viewer:right%2Fsecret@')]);
    await until(() => frames.length > 0);
    t.notMatch(spawnSync('ps', ['-eo', 'args']).stdout.toString(), /right%2Fsecret/);
  });

  t.test('five cameras of which one is dead share a slow network fairly', async (t) => {
    const cameras = await Promise.all(Array.from({ length: 4 }, () => openCamera(t)));
    const sources = [...cameras.map(({ url }) => url), 'rtsp://127.0.0.1:9/dead'].map(
      (url, index) => `${index}=${url}`,
    );
    const { hub, until, state } = await watch(t, sources, {}, 25);
    await until(() => cameras.every((_, index) => state(String(index))?.state === 'live'));
    const totals = (): number[] => hub.streams.slice(0, 4).map(({ segmented }) => segmented.total);
    const before = totals();
    await until(() => totals().some((total, index) => total - before[index]! >= 40));
    const shares = totals().map((total, index) => total - before[index]!);
    t.comment(`frames of each while the first got 40: ${shares.join(', ')}`);
    t.ok(Math.min(...shares) >= 20, `${shares}`);
    t.match(state('4')?.state, /connecting|reconnecting/);
  });

  t.test('a camera that is left hears of it; an ffmpeg that cannot say so is killed', async (t) => {
    const camera = await openCamera(t);
    // Once in a while the system cuts a connection with pictures under way in it before Node has read what came last.
    for (let tries = 0; tries < 8 && camera.farewells === 0; tries++) {
      const polite = await watch(t, [`cam=${camera.url}`]);
      await polite.until(() => polite.frames.length > 5);
      polite.stop();
      await noFfmpegRuns();
      t.comment(`leaving ${tries + 1}: ${camera.farewells} TEARDOWN`);
    }
    t.equal(camera.farewells, 1);

    const frozen = await watch(t, [`cam=${camera.url}`]);
    await frozen.until(() => frozen.frames.length > 5);
    for (const pid of runningFfmpegs()) process.kill(pid, 'SIGSTOP');
    frozen.stop();
    await noFfmpegRuns();
    t.equal(camera.farewells, 1);
  });

  t.test('a slow network is no dead camera: drops are counted, and it stays live', async (t) => {
    const camera = await openCamera(t);
    const { frames, hub, states, until } = await watch(t, [`cam=${camera.url}`], { stallTimeout: 2, maxFps: 0.4 });
    await until(() => frames.length > 1);
    t.ok(hub.streams[0]!.dropped.rate > 20);
    t.same(
      states.map(({ state }) => state),
      ['connecting', 'live'],
    );
  });
});

t.test('a UDP source that falls silent is listened for again once its port is free', { skip }, async (t) => {
  const clip = `${t.testdir({})}/clip.ts`;
  await makeStreamClip(clip, { width: 320, height: 240, format: 'mpegts' });
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const url = `udp://127.0.0.1:${probe.address().port}`;
  probe.close();
  const play = () =>
    spawn('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'mpegts', url]);
  const { frames, states, until } = await watch(t, [`cam=${url}`], { stallTimeout: 1 });
  for (const epoch of [0, 1]) {
    const camera = play();
    t.teardown(() => camera.kill('SIGKILL'));
    await until(() => (frames.at(-1)?.epoch ?? -1) >= epoch);
    camera.kill('SIGKILL');
    await until(() => states.at(-1)!.epoch > epoch);
  }
  t.same(
    states.flatMap(({ state, code }) => (state === 'reconnecting' ? [code] : [])),
    ['SOURCE_SILENT', 'SOURCE_SILENT'],
  );
});

t.test('a real RTSP server', { skip: skip || missingForRealServer(), timeout: 300_000 }, async (t) => {
  await mkdir(t.testdirName, { recursive: true });
  const clip = `${t.testdirName}/clip.ts`;
  const larger = `${t.testdirName}/larger.ts`;
  await makeStreamClip(clip, { width: 320, height: 240, format: 'mpegts' });
  await makeStreamClip(larger, { width: 480, height: 270, format: 'mpegts' });

  for (const transport of ['tcp', 'udp'] as const) {
    t.test(`by ${transport}: killed, and started again with another size`, async (t) => {
      const server = await startRealServer({ clip, transport });
      t.teardown(() => server.kill());
      const { frames, until, state } = await watch(t, [`cam=${server.url}`], { transport });
      await until(() => frames.length > 5);
      const time = stopwatch(t, `server killed, ${transport}`);
      await server.kill();
      await until(() => state('cam')?.state === 'reconnecting');
      time.noticed();
      const again = await startRealServer({ clip: larger, port: server.port, transport });
      t.teardown(() => again.kill());
      time.mended();
      await until(() => frames.at(-1)!.picture.width === 480);
      time.recovered();
      t.equal(state('cam')?.state, 'live');
    });
  }

  t.test('frozen by SIGSTOP: noticed by our own watchdog, and live again after SIGCONT', async (t) => {
    const server = await startRealServer({ clip });
    t.teardown(() => server.kill());
    const { frames, until, state } = await watch(t, [`cam=${server.url}`], { stallTimeout: 1, openTimeout: 4 });
    await until(() => frames.length > 5);
    const time = stopwatch(t, 'server frozen (stall time-out 1 s)');
    server.freeze();
    await until(() => state('cam')?.code === 'SOURCE_SILENT' && state('cam')?.state === 'reconnecting');
    time.noticed();
    server.thaw();
    time.mended();
    const seen = frames.length;
    await until(() => frames.length > seen);
    time.recovered();
  });

  t.test('MJPEG with one picture a second comes up, with and without a password', async (t) => {
    const [open, closed] = await Promise.all([
      startRealServer({ clip }),
      startRealServer({ clip, user: 'viewer', password: 'right-secret' }),
    ]);
    t.teardown(() => Promise.all([open.kill(), closed.kill()]));
    const addresses = [`a=${open.slowUrl}`, `b=${closed.slowUrl.replace('//', '//viewer:right-secret@')}`];
    const { frames, until, states } = await watch(t, addresses);
    for (const name of ['a', 'b']) {
      await until(() => frames.filter(({ source }) => source === name).length >= 3);
      const [first, second, third] = frames.filter(({ source }) => source === name);
      t.equal(first!.epoch, 0, 'at the first attempt');
      t.equal(third!.ptsUs - second!.ptsUs, 1_000_000);
    }
    t.notOk(states.some(({ state }) => state === 'reconnecting'));
  });

  t.test('a wrong password', async (t) => {
    const server = await startRealServer({ clip, user: 'viewer', password: 'right-secret' });
    t.teardown(() => server.kill());
    const { state, until } = await watch(t, [
      `good=${server.url.replace('//', '//viewer:right-secret@')}`,
      `wrong=${server.url.replace('//', '//viewer:wrong-secret@')}`,
    ]);
    await until(() => state('good')?.state === 'live' && state('wrong')?.state === 'failed');
    t.equal(state('wrong')?.code, 'INPUT_UNAUTHORIZED');
  });
});
