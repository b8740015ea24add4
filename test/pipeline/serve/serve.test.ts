import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { count, filter, firstValueFrom, lastValueFrom } from 'rxjs';
import t, { type Test } from 'tap';
import { makeStreamClip } from '../../../fixtures/rtsp/make-stream-clip.js';
import { decode } from '../../../operators/decode.js';
import { connect, type LiveEvent } from '../../../pipeline/client/index.js';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';
import { createLog } from '../../../pipeline/serve/log.js';
import { type ServeSummary, serve } from '../../../pipeline/serve/serve.js';
import type { ServeOptions } from '../../../pipeline/serve/serve-options.js';
import { bundlePage } from '../../../pipeline/viewer/bundle.js';
import { fakeEngine } from './fake-engine.js';

const TOKEN = 'correct-horse-battery-staple';
const skip = spawnSync('ffmpeg', ['-version']).status !== 0 && 'no ffmpeg here';

/** Serves with a fake engine on a free port. */
async function start(
  t: Test,
  options: Partial<ServeOptions> & Pick<ServeOptions, 'sources'>,
  engine = fakeEngine({ width: 160, height: 120 }),
) {
  if (!existsSync(packagedFile('dist', 'pipeline', 'viewer', 'page', 'viewer.js'))) {
    await bundlePage(packagedFile('dist', 'pipeline', 'viewer', 'page'));
  }
  const stop = new AbortController();
  const lines: string[] = [];
  let summary!: Promise<ServeSummary>;
  const server = await new Promise<LiveServer>((resolve, reject) => {
    summary = serve(
      { port: 0, token: TOKEN, ...options },
      {
        signal: stop.signal,
        nameOf: (option) => option,
        createEngine: async () => engine,
        createLog: (scrub, level) => createLog({ level, format: 'json', scrub, write: (line) => lines.push(line) }),
        onListening: resolve,
      },
    );
    summary.catch(reject);
  });
  t.teardown(() => stop.abort());
  const watch = (type: LiveEvent['type']) =>
    firstValueFrom(
      connect(server.url, { token: TOKEN, want: [{ parts: ['mask'] }] }).pipe(filter((event) => event.type === type)),
    );
  return { server, stop: () => stop.abort(), summary, lines, watch, engine };
}

t.setTimeout(300_000);
t.test('serve', { skip, timeout: 300_000 }, async (t) => {
  await mkdir(t.testdirName, { recursive: true });
  const clip = `${t.testdirName}/clip.ts`;
  await makeStreamClip(clip, { width: 320, height: 240, seconds: 2, format: 'mpegts' });

  t.test('a server that cannot start removes no recordings, and ends', async (t) => {
    const { server } = await start(t, { sources: [`front=${clip}`], loop: true });
    const place = t.testdir({ 'out.mp4': 'old', 'out-2.mp4': 'old' });
    for (const name of ['out.mp4', 'out-2.mp4']) await utimes(`${place}/${name}`, 1, 1);
    const record = { record: `${place}/out.mp4`, recordKeepHours: 1 };
    const second = start(t, { sources: [clip], port: Number(new URL(server.url).port), ...record });
    await t.rejects(second, { code: 'PORT_TAKEN' });
    t.same((await readdir(place)).sort(), ['out-2.mp4', 'out.mp4']);
  });

  t.test('a file comes to a viewer with masks, is recorded, and ends when it is over', async (t) => {
    const folder = t.testdir({});
    const { watch, summary, lines } = await start(t, { sources: [`road=${clip}`], record: `${folder}/out.mp4` });
    t.match(await watch('frame'), {
      stream: 'road',
      displayWidth: 320,
      displayHeight: 240,
      mask: { width: 160, height: 120 },
    });
    const { streams, recordings } = await summary;
    t.match(streams, [{ name: 'road', restarts: 0 }]);
    const { busy, stale } = streams[0]!.dropped;
    t.equal(streams[0]!.frames + busy! + stale!, 50, 'every frame is accounted for');
    t.same(recordings, [`${folder}/out.mp4`]);
    const probe = spawnSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=width,height',
      '-of',
      'csv=p=0',
      recordings[0]!,
    ]);
    t.equal(probe.stdout.toString().trim(), '320,240');
    t.same(lines.map((line) => JSON.parse(line).msg).slice(0, 3), ['engine loaded', 'listening', 'ready']);
  });

  t.test('a region of a source has no class', async (t) => {
    const exclude = 'road=0,0 1,0 1,0.5 0,0.5';
    const { watch, stop, summary } = await start(t, { sources: [`road=${clip}`], loop: true, exclude });
    const frame = (await watch('frame')) as Extract<LiveEvent, { type: 'frame' }>;
    const { width, height, data } = frame.mask!;
    t.same([...new Set(data.slice(0, (width * height) / 2))], [255]);
    t.notOk(data.slice((width * height) / 2).includes(255));
    stop();
    await summary;
    await t.rejects(start(t, { sources: [`road=${clip}`], exclude: 'raod=0,0 1,0 1,1' }), {
      message: /Did you mean road/,
    });
  });

  t.test('HLS, which comes in pieces, is shown at its own pace', async (t) => {
    const folder = t.testdir({});
    const publish = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'hls', '-hls_time', '2'];
    const publisher = spawn('ffmpeg', ['-v', 'error', ...publish, `${folder}/live.m3u8`]);
    const pieces = createServer(async ({ url }, response) =>
      response.end(await readFile(`${folder}${url}`).catch(() => undefined)),
    ).listen(0, '127.0.0.1');
    t.teardown(() => {
      publisher.kill();
      pieces.close();
      pieces.closeAllConnections();
    });
    while (!existsSync(`${folder}/live2.ts`)) await sleep(100);
    const address = `http://127.0.0.1:${(pieces.address() as AddressInfo).port}/live.m3u8`;
    const { watch, stop, summary } = await start(t, { sources: [`hls=${address}`] });
    await watch('frame');
    await sleep(6000);
    stop();
    const [stream] = (await summary).streams;
    const { frames, dropped, restarts } = stream!;
    t.ok(frames > 3 * dropped.busy! && frames > 75, `${frames} frames shown, ${dropped.busy} dropped`);
    t.equal(restarts, 0);
  });

  t.test('what cannot be recorded to is said before anything is served', async (t) => {
    const folder = t.testdir({ file: '' });
    const to = (record: string) => start(t, { sources: [clip], record });
    await t.rejects(to(`${folder}/a.avi`), { code: 'OPTION_INVALID', message: /a\.avi/ });
    await t.rejects(to(`${folder}/file/a.mp4`), { code: 'OUTPUT_UNWRITABLE', message: /file/ });
  });

  t.test('a stop tells viewers, finishes the recording so that it plays, and writes over nothing', async (t) => {
    const folder = t.testdir({ 'out.mp4': 'an earlier recording' });
    const { watch, stop, summary } = await start(t, { sources: [clip], loop: true, record: `${folder}/out.mp4` });
    await watch('frame');
    const closed = watch('closed');
    await watch('frame');
    stop();
    t.match(await closed, { code: 1001, reason: 'The server shuts down' });
    const { recordings } = await summary;
    t.same(recordings, [`${folder}/out-2.mp4`]);
    t.equal(spawnSync('ffmpeg', ['-v', 'error', '-i', recordings[0]!, '-f', 'null', '-']).status, 0);
  });

  t.test('a recording is cut, and the oldest are removed', async (t) => {
    const folder = t.testdir({
      'out.mp4': 'x'.repeat(2e6),
      'out-2.mp4': 'a later one',
      'out-notes.mp4': 'of somebody',
    });
    await utimes(`${folder}/out.mp4`, 1e9, 1e9);
    const { stop, summary, lines } = await start(t, {
      sources: [clip],
      loop: true,
      record: `${folder}/out.mp4`,
      recordMinutes: 0.1,
      recordKeepGb: 0.001,
    });
    while (!existsSync(`${folder}/out-4.part.mp4`)) await sleep(50);
    stop();
    const { recordings, streams } = await summary;
    t.same([...recordings].sort(), [`${folder}/out-3.mp4`, `${folder}/out-4.mp4`]);
    t.same((await readdir(folder)).sort(), ['out-2.mp4', 'out-3.mp4', 'out-4.mp4', 'out-notes.mp4']);
    const removed = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'old recording removed');
    t.match(removed, [{ level: 'info', file: `${folder}/out.mp4` }]);
    let frames = 0;
    for (const file of recordings) frames += await lastValueFrom(decode(file).pipe(count()));
    t.equal(frames, streams[0]!.frames);
  });

  t.test('a recording that was removed is in the log at once, and in the summary', async (t) => {
    const folder = `${t.testdir({})}/recordings`;
    const { stop, summary, lines } = await start(t, { sources: [clip], loop: true, record: `${folder}/out.mp4` });
    while (!existsSync(`${folder}/out.part.mp4`)) await sleep(50);
    // It is looked for every two seconds.
    await sleep(2500);
    await rm(folder, { recursive: true });
    while (!lines.some((line) => line.includes('recording ended'))) await sleep(50);
    stop();
    const { recordings, failedRecordings } = await summary;
    t.same(recordings, []);
    t.match(failedRecordings, [{ stream: 'clip', error: /out\.part\.mp4 is gone/ }]);
  });

  t.test('several sources, one of them no video: the others are shown, and it is said', async (t) => {
    const noVideo = `${t.testdir({ 'no.mp4': 'no video' })}/no.mp4`;
    const { summary, lines } = await start(t, {
      sources: [`a=${clip}`, `b=${noVideo}`, `c=${clip}`],
      realtime: false,
    }).then(async (running) => {
      await running.watch('frame').catch(() => {});
      setTimeout(running.stop, 1500);
      return running;
    });
    const { streams } = await summary;
    t.ok(streams[0]!.frames > 0 && streams[2]!.frames > 0);
    t.match(streams[1], { name: 'b', frames: 0, error: /not a video/ });
    t.ok(lines.some((line) => /"level":"error".*"stream":"b".*"failed"/.test(line)));
  });

  t.test('twelve sources are no leak of listeners', async (t) => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): unknown => warnings.push(name);
    process.on('warning', onWarning);
    t.teardown(() => process.off('warning', onWarning));
    // Nothing listens there.
    const sources = Array.from({ length: 12 }, (_, index) => `${index}=rtsp://127.0.0.1:9/live`);
    const { stop, summary, lines } = await start(t, { sources });
    while (!lines.some((line) => line.includes('reconnecting'))) await sleep(20);
    stop();
    await summary;
    t.same(warnings, []);
  });

  t.test('an engine that dies ends it with its error', async (t) => {
    const engine = fakeEngine({ width: 160, height: 120 });
    const segment = engine.segment.bind(engine);
    engine.segment = async (batch) => {
      if (engine.batches > 3) throw new Error('out of memory');
      return segment(batch);
    };
    const folder = t.testdir({});
    const options = { sources: [`a=${clip}`, `b=${clip}`], loop: true, record: `${folder}/out.mp4` };
    const { summary } = await start(t, options, engine);
    await t.rejects(summary, /out of memory/);
    const left = await readdir(folder);
    t.ok(left.length > 0, 'what was recorded is kept');
    for (const name of left) {
      t.notMatch(name, /part/);
      t.equal(spawnSync('ffmpeg', ['-v', 'error', '-i', `${folder}/${name}`, '-f', 'null', '-']).status, 0, name);
    }
  });

  t.test('secrets are nowhere in the log', async (t) => {
    const { summary, stop, lines } = await start(t, { sources: ['cam=rtsp://me:s3cret-pw@127.0.0.1:9/live'] });
    while (!lines.some((line) => line.includes('reconnecting')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    stop();
    t.notMatch(JSON.stringify([await summary, lines]), /s3cret|horse/);
  });

  t.test('the token may come from a file; wrong options are said before anything starts', async (t) => {
    const folder = t.testdir({});
    await writeFile(`${folder}/token`, `${TOKEN}\n`);
    const { watch, stop, summary } = await start(t, {
      sources: [clip],
      token: undefined,
      tokenFile: `${folder}/token`,
    });
    await watch('hello');
    stop();
    await summary;
    await t.rejects(start(t, { sources: [clip], tokenFile: `${folder}/none` }), {
      code: 'OPTION_INVALID',
      message: /ENOENT/,
    });
    await t.rejects(start(t, { sources: [] }), { code: 'OPTION_INVALID' });
    await t.rejects(start(t, { sources: [clip, `${folder}/none.mp4`] }), {
      code: 'INPUT_MISSING',
      message: /none\.mp4 does not exist/,
    });
    await t.rejects(start(t, { sources: [clip], token: undefined, host: '0.0.0.0' }), { code: 'TOKEN_NEEDED' });
    await t.rejects(start(t, { sources: [clip], tlsCert: 'none', tlsKey: 'none' }), { code: 'TLS_INVALID' });
  });
});
