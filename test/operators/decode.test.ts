import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, lastValueFrom, take, tap, toArray } from 'rxjs';
import t from 'tap';
import { type DecodeOptions, decode } from '../../operators/decode.js';
import { explainNoFrames } from '../../operators/explain-input.js';
import { lastWords } from '../../operators/ffmpeg.js';
import { findFfmpeg, isAtLeast } from '../../operators/find-ffmpeg.js';
import type { Frame } from '../../operators/frame.js';
import { pictureBytes } from '../../operators/frame.js';
import { probe } from '../../operators/probe.js';
import type { SourceInfo } from '../../operators/source-info.js';
import { rgbToYuv } from '../../operators/yuv.js';
import { canSeeProcesses, noFfmpegRuns, runningFfmpegs } from './running-ffmpegs.js';
import { testClip } from './test-clip.js';

const folder = mkdtempSync(join(tmpdir(), 'decode-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** The old ffmpeg that comes with npm, where it is installed. */
function packagedFfmpeg(): string | undefined {
  try {
    return createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg').path;
  } catch {
    return undefined;
  }
}

/** 100 frames that are larger, so that they do not all fit into pipes and buffers. */
const path = join(folder, 'long.mp4');
const source = ['-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=25:d=4'];
const codec = ['-c:v', 'mpeg4', '-q:v', '10'];
execFileSync((await findFfmpeg()).path, ['-v', 'error', '-y', ...source, ...codec, path]);

async function decodeAll(input: string, options: DecodeOptions = {}) {
  let info: SourceInfo | undefined;
  const warnings: string[] = [];
  const frames = await lastValueFrom(
    decode(input, {
      onInfo: (found) => {
        info = found;
      },
      // The ffmpeg that comes with npm is old; what is said of that is tested in find-ffmpeg.test.ts.
      onWarning: (text, code) => code === 'FFMPEG_OLD' || warnings.push(`${code} ${text}`),
      ...options,
    }).pipe(toArray()),
  );
  for (const { picture, input: fitted } of frames) {
    if (picture.data.length !== pictureBytes('yuv420p', picture.width, picture.height)) throw new Error('picture size');
    if (fitted.data.length !== fitted.width * fitted.height * 3) throw new Error('input size');
  }
  return { frames, info, warnings, first: frames[0]! };
}

const times = (frames: readonly Frame[]) => frames.map(({ ptsUs }) => ptsUs);
const steadyTimes = (count: number) => Array.from({ length: count }, (_, n) => n * 40_000);

t.test('a plain clip gives every frame in both sizes with its own time', async (t) => {
  const { frames, info, warnings, first } = await decodeAll(await testClip('plain'));
  t.same(times(frames), steadyTimes(50));
  t.same(
    frames.map(({ index }) => index),
    Array.from({ length: 50 }, (_, n) => n),
  );
  t.match(first.picture, { width: 320, height: 240, pixelAspect: [1, 1] });
  t.match(first.input, { width: 480, height: 360 });
  t.match(first, { epoch: 0, source: await testClip('plain') });
  t.ok(first.stepTimes.decode! >= 0);
  t.ok(Math.abs(info!.frames! - 50) <= 1, 'by its duration, which may be that of the sound');
  t.match(info, {
    width: 320,
    height: 240,
    frameRate: 25,
    hasAudio: true,
    audioCodecs: ['aac'],
    codec: 'h264',
  });
  t.same(warnings, []);
});

t.test('frames are buffers of their own, none used twice', async (t) => {
  const { frames } = await decodeAll(await testClip('plain'));
  t.equal(new Set(frames.flatMap(({ picture, input }) => [picture.data.buffer, input.data.buffer])).size, 100);
});

t.test("pictures are the source's own to the byte, odd sizes included", async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const clip = join(folder, 'odd.mkv');
  const filter = ['-vf', 'scale=321:241,format=yuv420p'];
  execFileSync(ffmpeg, [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=r=25:d=0.4',
    ...filter,
    '-c:v',
    'ffv1',
    clip,
  ]);
  const { frames, first } = await decodeAll(clip);
  t.match(first.picture, { width: 321, height: 241 });
  const plain = execFileSync(ffmpeg, ['-v', 'error', '-i', clip, '-f', 'rawvideo', '-'], { maxBuffer: 1 << 28 });
  t.ok(Buffer.concat(frames.map(({ picture }) => picture.data)).equals(plain));
});

t.test('what a format of ffmpeg calls an input is not looked for as a file', async (t) => {
  const inputOptions = ['-f', 'lavfi'];
  const { frames } = await decodeAll('testsrc2=s=64x48:r=25:d=0.2', { inputOptions });
  t.equal(frames.length, 5);
  await t.rejects(decodeAll('testsrc2=s=64x48'), { code: 'INPUT_MISSING' });
});

t.test('a variable rate keeps its times', async (t) => {
  const { frames } = await decodeAll(await testClip('vfr'));
  const steps = times(frames).map((time, n, all) => time - (all[n - 1] ?? time));
  t.ok(new Set(steps).size > 3, 'steps differ');
  t.ok(
    times(frames).every((time) => time % 1000 === 0),
    'and are the whole milliseconds that the file has',
  );
});

t.test('what is special about a file is kept or undone', async (t) => {
  const expected: readonly (readonly [Parameters<typeof testClip>[0], object, object])[] = [
    ['rotated', { picture: { width: 240, height: 320 }, input: { width: 270, height: 360 } }, { rotation: -90 }],
    ['ten-bit', { picture: { width: 320, height: 240 } }, { pixelFormat: 'yuv420p10le' }],
    ['non-square-pixels', { picture: { pixelAspect: [16, 11] }, input: { width: 480, height: 248 } }, {}],
    ['no-audio', { picture: { width: 320 } }, { hasAudio: false, audioCodecs: [] }],
    ['several-streams', { picture: { width: 320, height: 240 } }, { audioCodecs: ['aac', 'aac'] }],
    ['full-range', { picture: { colour: { range: 'pc', matrix: 'bt709' } } }, { colour: { range: 'pc' } }],
  ];
  for (const [kind, frame, source] of expected) {
    const { first, info, frames } = await decodeAll(await testClip(kind));
    t.match(first, frame, kind);
    t.match(info, source, kind);
    t.equal(frames.length, 50, kind);
  }
});

t.test('a picture that begins after the sound does so here', async (t) => {
  const { first } = await decodeAll(await testClip('audio-first'));
  t.ok(first.ptsUs >= 500_000 && first.ptsUs < 600_000);
});

t.test('colours: the network sees what the source shows, and full range stays full', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const shown = [200, 100, 50] as const;
  const planes = (matrix: string, range: string) => {
    const [y, u, v] = rgbToYuv(shown, matrix, range);
    return Buffer.concat([Buffer.alloc(64 * 48, y), Buffer.alloc(32 * 24, u), Buffer.alloc(32 * 24, v)]);
  };
  for (const [name, format, pixels, tags] of [
    ['bt709', 'yuv420p', planes('bt709', 'tv'), { matrix: 'bt709' }],
    ['bt601', 'yuv420p', planes('smpte170m', 'tv'), { matrix: 'smpte170m', range: 'tv' }],
    ['full', 'yuvj420p', planes('smpte170m', 'pc'), { range: 'pc' }],
    ['full-bt709', 'yuvj420p', planes('bt709', 'pc'), { matrix: 'bt709', range: 'pc' }],
    ['rgb', 'rgb24', Buffer.from(Array.from({ length: 64 * 48 }, () => shown).flat()), {}],
    ['grey', 'gray', Buffer.alloc(64 * 48, 124), {}],
  ] as const) {
    const clip = join(folder, `colour-${name}.mkv`);
    const options = [
      ...('range' in tags ? ['-color_range', tags.range] : []),
      ...('matrix' in tags ? ['-colorspace', tags.matrix] : []),
    ];
    const codec = format.startsWith('yuv') ? ['-c:v', 'libx264', '-qp', '0'] : ['-c:v', 'ffv1'];
    const input = ['-f', 'rawvideo', '-pix_fmt', format, '-s', '64x48', ...options, '-i', '-'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...input, ...codec, ...options, clip], { input: pixels });
    const { first } = await decodeAll(clip);
    const wanted = name === 'grey' ? [124, 124, 124] : shown;
    const got = [...first.input.data.subarray(0, 3)];
    t.ok(
      got.every((value, n) => Math.abs(value - wanted[n]!) <= 4),
      `${name}: ${got} is near ${wanted}`,
    );
    t.match(first.picture.colour, name === 'rgb' ? { range: 'tv', matrix: 'smpte170m' } : tags, name);
    const kept = Buffer.from(first.picture.data).subarray(0, 64 * 48);
    if (name.startsWith('full')) t.ok(kept.equals(pixels.subarray(0, 64 * 48)), 'full range is not converted');
  }
});

t.test('the box can be filled instead, and be of any size', async (t) => {
  const path = await testClip('plain');
  const stretched = await decodeAll(path, { fit: { width: 101, height: 33 }, fitMode: 'stretch' });
  t.match(stretched.first.input, { width: 101, height: 33 });
  const fitted = await decodeAll(path, { fit: { width: 1000, height: 60 } });
  t.match(fitted.first.input, { width: 80, height: 60 });
});

t.test("a part is cut out by its times, which stay the source's own", async (t) => {
  const { frames, warnings } = await decodeAll(await testClip('plain'), { startSeconds: 0.5, durationSeconds: 1 });
  t.same(
    times(frames),
    steadyTimes(50).filter((time) => time >= 500_000 && time < 1_500_000),
  );
  t.same(warnings, []);
});

t.test('containers that can only be sought to key frames begin where they are asked to, too', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=3'];
  // A key frame at 0 and at 2 s.
  for (const [name, codec] of [
    ['sought.ts', ['libx264', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0']],
    ['sought.mpg', ['mpeg2video', '-g', '50', '-sc_threshold', '1000000000']],
  ] as const) {
    const path = join(folder, name);
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-c:v', ...codec, '-pix_fmt', 'yuv420p', path]);
    const all = times((await decodeAll(path)).frames);
    for (const realtime of [false, true]) {
      const { frames } = await decodeAll(path, { startSeconds: 1, durationSeconds: 0.6, realtime });
      t.same(times(frames), all.slice(25, 40), name);
    }
    const { frames } = await decodeAll(path, { startSeconds: 2.5 });
    t.same(times(frames), all.slice(63), `${name}, behind its last key frame`);
  }
});

t.test('of such a container a part far behind its beginning has its own length', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const path = join(folder, 'long.ts');
  const keys = ['-c:v', 'libx264', '-g', '175', '-keyint_min', '175', '-sc_threshold', '0'];
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=26'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, ...keys, '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', path]);
  const { frames } = await decodeAll(path, { startSeconds: 20, durationSeconds: 2 });
  t.equal(frames.length, 50);
  const beginning = (await decodeAll(path, { durationSeconds: 0.04 })).first.ptsUs;
  t.equal(frames[0]!.ptsUs - beginning, 20_000_000);
});

t.test('images and image sequences, by number and by pattern', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=0.2'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-pix_fmt', 'rgb24', join(folder, 'image-%03d.png')]);
  t.equal((await decodeAll(join(folder, 'image-%03d.png'))).frames.length, 5);
  t.equal((await decodeAll(join(folder, 'image-*.png'))).frames.length, 5);
  const one = await decodeAll(join(folder, 'image-002.png'));
  t.equal(one.frames.length, 1);
  t.match(one.first.picture, { width: 64, height: 48 });
  await t.rejects(decodeAll(join(folder, 'other-%03d.png')), { code: 'INPUT_MISSING' });
});

t.test('names that look like options or hold blanks, percent signs and quotes are names', async (t) => {
  const path = join(folder, "-a b's 50% [x].mp4");
  copyFileSync(await testClip('plain'), path);
  t.equal((await decodeAll(path)).frames.length, 50);
  const before = process.cwd();
  t.teardown(() => process.chdir(before));
  process.chdir(folder);
  t.equal((await decodeAll("-a b's 50% [x].mp4")).frames.length, 50);
});

/** A video whose pictures change their size after ten. */
async function resized(format: string, next = '320x240'): Promise<string> {
  const { path: ffmpeg } = await findFfmpeg();
  const parts = ['160x120', next].map((size) => {
    const source = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25:d=0.4`];
    return execFileSync(ffmpeg, ['-v', 'error', ...source, '-c:v', 'mpeg2video', '-f', format, '-']);
  });
  const path = join(folder, `resized-${next}.${format}`);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

t.test('a picture that changes its size in the middle goes on at the first size', async (t) => {
  const { frames } = await decodeAll(await resized('mpeg2video'));
  t.ok(frames.length >= 19);
  t.ok(frames.every(({ picture }) => picture.width === 160 && picture.height === 120));
});

const tellsSizes = isAtLeast(await findFfmpeg(), [59, 0]);
const lacksSizes = { skip: tellsSizes ? false : 'needs ffmpeg 5' };

t.test('a camera whose pictures change their size ends, so that it is opened again', lacksSizes, async (t) => {
  const warnings: string[] = [];
  const options = { live: true, stopGraceMs: 1000, onWarning: (text: string) => warnings.push(text) };
  await t.rejects(decodeAll(await resized('mpegts'), options), {
    code: 'SIZE_CHANGED',
    message: /resized-320x240\.mpegts changed from 160 x 120 to another size/,
  });
  await noFfmpegRuns();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(warnings, [], 'nothing is said about how ffmpeg took it');
  await t.rejects(
    decodeAll(await resized('mpegts', '120x160'), options),
    { code: 'SIZE_CHANGED' },
    'a rotated one too',
  );
});

t.test('a format without timestamps is timed by arrival where it comes from a camera', async (t) => {
  const path = join(folder, 'camera.mjpeg');
  const { path: ffmpeg } = await findFfmpeg();
  execFileSync(ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1', '-f', 'mjpeg', path]);
  const { frames } = await decodeAll(path, { live: true });
  const gaps = frames
    .slice(1)
    .map(({ ptsUs, arrivedAt }, i) => ptsUs - frames[i]!.ptsUs - 1000 * (arrivedAt - frames[i]!.arrivedAt));
  t.ok(gaps.length > 5 && gaps.every((gap) => Math.abs(gap) <= 1), gaps.join());
});

t.test('bad input is told in one sentence, with a code', async (t) => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['/no/such/file.mp4', 'INPUT_MISSING', /^Input \/no\/such\/file.mp4 does not exist$/],
    [folder, 'INPUT_NOT_VIDEO', /is a directory/],
    [await testClip('empty'), 'INPUT_EMPTY', /is empty \(0 bytes\)/],
    [await testClip('text'), 'INPUT_NOT_VIDEO', /is not a video or image/],
    [await testClip('no-video'), 'INPUT_NO_VIDEO_STREAM', /has no video stream/],
    [await testClip('no-index'), 'INPUT_TRUNCATED', /without its index \(moov\)/],
    ['http://user:secret@127.0.0.1:1/a.mp4', 'INPUT_REFUSED', /^Input http:\/\/\*\*\*@127\.0\.0\.1:1\/a\.mp4 refused/],
  ];
  for (const [input, code, message] of cases) {
    const error = await decodeAll(input).catch((problem: unknown) => problem);
    t.match(error, { code, message }, input);
    t.notMatch(String((error as Error).message), /secret/);
    if (input !== folder && code !== 'INPUT_REFUSED')
      t.match(await probe(input).catch((problem: unknown) => problem), { code }, `probe ${input}`);
  }
});

t.test('of damaged files what decodes is kept, and said', async (t) => {
  for (const kind of ['truncated-middle', 'truncated-front', 'corrupt'] as const) {
    const { frames, warnings } = await decodeAll(await testClip(kind));
    t.ok(frames.length > 10 && frames.length < 50, `${kind}: ${frames.length} frames`);
    t.match(warnings, [/^INPUT_TRUNCATED Input .* is damaged or cut off: \d+ of about \d+ frames were decoded/], kind);
  }
});

t.test('where the clock steps back pictures go on at the rate of the source, and it is said', async (t) => {
  const piece = join(folder, 'piece.ts');
  const joined = join(folder, 'joined.ts');
  const { path: ffmpeg } = await findFfmpeg();
  execFileSync(ffmpeg, ['-v', 'error', '-y', '-t', '2', ...source, '-c:v', 'mpeg2video', '-q:v', '10', piece]);
  writeFileSync(joined, Buffer.concat([readFileSync(piece), readFileSync(piece)]));
  const { frames, warnings } = await decodeAll(joined);
  t.equal(frames.length, 100);
  const steps = times(frames).map((time, index, all) => time - (all[index - 1] ?? time - 40_000));
  // The first of them cannot be told from a slip, and gets half.
  t.equal(steps.filter((step) => step === 40_000).length, 99, steps.join());
  t.ok(Math.min(...steps) >= 20_000, steps.join());
  t.ok(
    warnings.some((text) => /^TIMES_STEP_BACK .* steps back at \d\.\d\d s/.test(text)),
    warnings.join(),
  );
});

t.test('one time that is too early costs its neighbours nothing, whatever the mean rate', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const clip = join(folder, 'burst.mkv');
  // Thirty a second with one slip, and a long pause behind: two a second on average.
  const pts = 'if(eq(N,4),0.0999,if(gt(N,9),N+8,N/30))';
  const filter = ['-vf', `settb=1/1000000,setpts='(${pts})/TB'`, '-fps_mode', 'passthrough'];
  const frames = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=30', '-frames:v', '12'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...frames, ...filter, '-c:v', 'ffv1', clip]);
  const decoded = await decodeAll(clip);
  const steps = times(decoded.frames).map((time, index, all) => time - (all[index - 1] ?? time - 33_333));
  t.ok(Math.min(...steps) > 10_000, steps.join());
});

t.test('of several video tracks the first is taken, or the one that is asked for, and it is said', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const tracks = join(folder, 'two\ntracks.mkv');
  const [small, large] = ['64x48', '128x96'].map((size) => ['-f', 'lavfi', '-i', `testsrc=size=${size}:duration=0.2`]);
  const maps = ['-map', '0:v', '-map', '1:v', '-c:v', 'ffv1'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...small!, ...large!, ...maps, `file:${tracks}`]);
  const { frames, warnings } = await decodeAll(tracks);
  t.equal(frames[0]!.picture.width, 64);
  t.match(warnings, [/ has 2 video tracks: number 1, of 64x48, is taken/]);
  const second = await decodeAll(tracks, { track: 2 });
  t.equal(second.frames[0]!.picture.width, 128);
  t.match(second.warnings, [/ has 2 video tracks: number 2, of 128x96, is taken/]);
  t.match(await probe(tracks, [], undefined, 2), { width: 128, videoTracks: 2 });
  await t.rejects(decodeAll(tracks, { track: 3 }), {
    code: 'INPUT_NO_VIDEO_STREAM',
    message: /has 2 video tracks, and not the one that was asked for/,
  });
  t.throws(() => decode(tracks, { track: 0 }), { code: 'OPTION_INVALID' });
});

t.test('a beginning inside the last frame is told as what it is', async (t) => {
  const { path: ffmpeg } = await findFfmpeg();
  const clip = join(folder, 'short.mp4');
  execFileSync(ffmpeg, ['-v', 'error', '-y', '-t', '2', ...source, '-c:v', 'mpeg4', clip]);
  await t.rejects(decodeAll(clip, { startSeconds: 1.99 }), {
    code: 'INPUT_TOO_SHORT',
    message: /no frame after 1\.99 s/,
  });
});

t.test('a pipe is no file', { skip: process.platform === 'win32' && 'no pipes with names' }, async (t) => {
  const pipe = join(folder, 'pipe.mp4');
  execFileSync('mkfifo', [pipe]);
  await t.rejects(decodeAll(pipe), { code: 'INPUT_NOT_VIDEO', message: /as `-`/ });
});

t.test('hardware that is not there is left with a word, before the first frame', async (t) => {
  const { frames, warnings } = await decodeAll(await testClip('plain'), { hwaccel: 'no-such-hardware' });
  t.equal(frames.length, 50);
  t.match(warnings, [/^HWACCEL_UNAVAILABLE Hardware decoding \(no-such-hardware\) gives no frame/]);
});

t.test('a device for hardware decoding that is not there is no missing input', async (t) => {
  const options = { hwaccel: 'drm', inputOptions: ['-hwaccel_device', '/no/such/device'] };
  const { frames, warnings } = await decodeAll(await testClip('plain'), options);
  t.equal(frames.length, 50);
  t.match(warnings, [/^HWACCEL_UNAVAILABLE/]);
});

t.test('a refused password is not tried a second time without hardware', async (t) => {
  let logins = 0;
  const server = createServer((_, response) => {
    logins += 1;
    response.writeHead(401).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const input = `http://user:wrong@127.0.0.1:${(server.address() as AddressInfo).port}/a.mp4`;
  await t.rejects(decodeAll(input, { hwaccel: 'auto' }), { code: 'INPUT_UNAUTHORIZED' });
  t.equal(logins, 1);
});

t.test('a camera that gives one picture and no stream is told as that', async (t) => {
  const { path } = await findFfmpeg();
  const picture = execFileSync(path, [
    ...['-v', 'error', '-i', await testClip('plain'), '-frames:v', '1', '-pix_fmt', 'yuvj420p'],
    ...['-f', 'mjpeg', '-'],
  ]);
  const server = createServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(picture));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const inputOptions = ['-fflags', 'nobuffer', '-probesize', '500000', '-analyzeduration', '500000'];
  const { port } = server.address() as AddressInfo;
  await t.rejects(decodeAll(`http://127.0.0.1:${port}/snapshot`, { inputOptions }), {
    code: 'INPUT_NOT_VIDEO',
    message: /is one picture, and no stream$/,
  });
});

t.test('of ffmpeg’s last words those on the range of JPEG are left out', async (t) => {
  const noise = '[swscaler @ 0x5] deprecated pixel format used, make sure you did set range correctly';
  t.equal(lastWords({ code: 1, signal: null, log: ['the cause', noise, noise, noise] }), '. ffmpeg says: the cause');
});

t.test('a device that is no camera is told as that', { skip: process.platform !== 'linux' }, async (t) => {
  await t.rejects(decodeAll('/dev/null', { inputOptions: ['-f', 'v4l2'] }), {
    code: 'INPUT_UNREADABLE',
    message: 'Input /dev/null is a device, and no camera',
  });
});

t.test('standard input is read as a file', async (t) => {
  const { path } = await findFfmpeg();
  const clip = join(folder, 'stream.ts');
  execFileSync(path, ['-v', 'error', '-y', '-i', await testClip('plain'), '-c', 'copy', clip]);
  const script = `
    import { count, lastValueFrom } from 'rxjs';
    import { decode } from ${JSON.stringify(new URL('../../operators/decode.js', import.meta.url).href)};
    console.log(await lastValueFrom(decode('-').pipe(count())));`;
  const program = join(folder, 'read-stdin.mjs');
  writeFileSync(program, script);
  const loaders = process.execArgv.filter((argument) => !argument.includes('processinfo'));
  // Beside node_modules, where rxjs is found.
  const args = [...loaders, '--input-type=module', '-e', script];
  const env = { ...process.env, NODE_OPTIONS: '' };
  t.equal(
    execFileSync(process.execPath, args, { input: readFileSync(clip), env })
      .toString()
      .trim(),
    '50',
  );
});

t.test('every: ffmpeg waits while the gate is shut, and goes on when it opens', async (t) => {
  const releases: (() => void)[] = [];
  const frames: Frame[] = [];
  const done = new Promise<void>((resolve, reject) => {
    decode(path, { gateLimit: 3, fit: { width: 32, height: 24 } }).subscribe({
      next: (frame) => {
        frames.push(frame);
        releases.push(frame.gate.hold());
      },
      error: reject,
      complete: resolve,
    });
  });
  while (frames.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.ok(frames.length < 12, `a few frames were on their way already: ${frames.length}`);
  const drain = setInterval(() => releases.shift()?.(), 1);
  await done;
  clearInterval(drain);
  t.equal(frames.length, 100);
  t.same(times(frames), steadyTimes(100));
});

t.test('latest: the newest frame waits in one slot, and what it replaces is counted', async (t) => {
  const frames: Frame[] = [];
  const dropped: string[] = [];
  let release = () => {};
  const done = new Promise<void>((resolve, reject) => {
    decode(path, { policy: 'latest', gateLimit: 1, onDrop: (cause) => dropped.push(cause) }).subscribe({
      next: (frame) => {
        release();
        frames.push(frame);
        release = frame.gate.hold();
        if (frames.length > 1) release();
      },
      error: reject,
      complete: resolve,
    });
  });
  while (dropped.length < 98) await new Promise((resolve) => setTimeout(resolve, 5));
  release();
  await done;
  t.same(
    frames.map(({ index }) => index),
    [0, 99],
    'the first, and the newest when there was room again',
  );
  t.same(new Set(dropped), new Set(['busy']));
});

t.test('an abort completes after what was given, and ffmpeg is gone', async (t) => {
  const stop = new AbortController();
  const frames: Frame[] = [];
  await new Promise<void>((resolve, reject) => {
    decode(path, { signal: stop.signal }).subscribe({
      next: (frame) => {
        frames.push(frame);
        if (frames.length === 5) stop.abort();
      },
      error: reject,
      complete: resolve,
    });
  });
  t.equal(frames.length, 5);
  await noFfmpegRuns();
  t.same((await decodeAll(path, { signal: AbortSignal.abort() })).frames, [], 'also before it has begun');
});

t.test(
  'ffmpeg dying in the middle is an error that says after how many frames',
  { skip: !canSeeProcesses },
  async (t) => {
    const frames: Frame[] = [];
    const error = await new Promise((resolve) => {
      decode(path, { gateLimit: 2 }).subscribe({
        next: (frame) => {
          const release = frame.gate.hold();
          frames.push(frame);
          if (frames.length === 2) {
            for (const pid of runningFfmpegs()) process.kill(pid, 'SIGKILL');
            setTimeout(release, 100);
          } else release();
        },
        error: resolve,
        complete: () => resolve(undefined),
      });
    });
    t.match(error, { code: 'FFMPEG_DIED', message: /was ended by SIGKILL after \d+ frames of .*long\.mp4/ });
  },
);

t.test('an ffmpeg that decodes on and on does not grow', { skip: !canSeeProcesses && 'no /proc here' }, async (t) => {
  const memory: number[] = [];
  const endless = { inputOptions: ['-f', 'lavfi'], fit: { width: 150, height: 150 } };
  await lastValueFrom(
    decode('color=s=210x210:r=1000', endless).pipe(
      take(20_000),
      tap(({ index }) => {
        if (index % 10_000 !== 9999) return;
        const [, kB] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${runningFfmpegs()[0]}/status`, 'utf8'))!;
        memory.push(Number(kB));
      }),
    ),
  );
  // An index of NUT's took half a kilobyte for each frame.
  t.ok(memory[1]! - memory[0]! < 2000, `kB after 10,000 and 20,000 frames: ${memory}`);
});

t.test('a callback that throws ends the stream with its error', async (t) => {
  const thrown = new Error('from the callback');
  const options = {
    onInfo: () => {
      throw thrown;
    },
  };
  await t.rejects(lastValueFrom(decode(path, options)), thrown);
  await noFfmpegRuns();
});

t.test('first frames come before the whole is decoded, and unsubscribing kills ffmpeg', async (t) => {
  const frame = await firstValueFrom(decode(path).pipe(take(1)));
  t.equal(frame.index, 0);
  await noFfmpegRuns();
  decode(path).subscribe().unsubscribe();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await noFfmpegRuns();
});

t.test('paced frames come from the first one on, whatever its time, and go on through a loop', async (t) => {
  // Who waited for the clock to reach its times would wait for an hour.
  const late = join(folder, 'late.mkv');
  const tools = [(await findFfmpeg()).path, packagedFfmpeg()].filter((tool) => tool !== undefined);
  execFileSync(tools[0]!, ['-v', 'error', '-i', path, '-t', '1', '-c', 'copy', '-output_ts_offset', '3600', late]);
  const before = process.env.FFMPEG_PATH;
  t.teardown(() => {
    delete process.env.FFMPEG_PATH;
    if (before) process.env.FFMPEG_PATH = before;
  });
  for (const tool of new Set(tools)) {
    process.env.FFMPEG_PATH = tool;
    for (const { count, ...options } of [
      { startSeconds: 0.2, count: 20 },
      { policy: 'latest', inputOptions: ['-stream_loop', '-1'], count: 40 },
    ] as const) {
      const frames = await lastValueFrom(decode(late, { realtime: true, ...options }).pipe(take(count), toArray()));
      const [first, last] = [frames[0]!, frames.at(-1)!];
      t.equal(Math.round(first.ptsUs / 1e5), 36_000 + ('startSeconds' in options ? 2 : 0));
      const spanMs = (last.ptsUs - first.ptsUs) / 1000;
      t.ok(spanMs >= (count - 1) * 40 - 1, `${spanMs} ms of video`);
      // The first one may be read late, where the machine is busy.
      const tookMs = last.arrivedAt - first.arrivedAt;
      t.ok(tookMs > spanMs * 0.7, `${tookMs.toFixed(0)} ms for ${spanMs} ms of video by ${tool}`);
    }
  }
});

t.test('probe says the same as decode', async (t) => {
  for (const kind of ['plain', 'rotated', 'non-square-pixels', 'full-range', 'vfr'] as const) {
    const path = await testClip(kind);
    const { info } = await decodeAll(path);
    t.same(await probe(path), info, kind);
  }
  await t.rejects(probe('-'), { code: 'OPTION_INVALID' });
});

t.test('a part that begins behind the end is told as that', async (t) => {
  await t.rejects(lastValueFrom(decode(await testClip('plain'), { startSeconds: 60 })), {
    code: 'INPUT_TOO_SHORT',
    message: /is \d+\.\d\d s long, and over before 60 s/,
  });
});

t.test('an MP4 on a pipe whose index comes last gets a hint', async (t) => {
  // As ffmpeg 4 and 5 put it.
  for (const line of ['moov atom not found', '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] stream 0, offset 0x24: partial file']) {
    const end = { code: 1, signal: null, log: [line, 'Invalid data found'] };
    const failure = await explainNoFrames('-', end, { sawInput: true, videoTracks: 0, source: () => undefined });
    t.match(failure, { code: 'INPUT_NOT_VIDEO', message: /faststart/ });
  }
});

t.test('options that make no sense are refused by name, at once', async (t) => {
  for (const [options, message] of [
    [{ fit: { width: 0, height: 10 } }, /fit\.width .*from 1 to 16384, got `0`/],
    [{ fit: {} as { width: number; height: number } }, /fit\.width .*got `undefined`/],
    [{ gateLimit: 0 }, /gateLimit .*got `0`/],
    [{ gateLimit: Number.NaN }, /gateLimit .*got `NaN`/],
    [{ startSeconds: -1 }, /startSeconds/],
    [{ durationSeconds: 0 }, /durationSeconds/],
    [{ durationSeconds: Number.NaN }, /durationSeconds .*got `NaN`/],
    [{ startSeconds: 1e30 }, /startSeconds/],
    [{ threads: -2 }, /threads/],
    [{ policy: 'x' as 'every' }, /policy to be every or latest, got `x`/],
    [{ fitMode: 'x' as 'contain' }, /fitMode/],
  ] as const) {
    t.throws(() => decode('a.mp4', options), { code: 'OPTION_INVALID', message }, String(message));
  }
  t.throws(() => decode(new URL('file:///a.mp4') as unknown as string), { code: 'OPTION_INVALID', message: /a path/ });
  const given = { fit: undefined, threads: undefined, signal: undefined, fitMode: undefined };
  const [frame] = await lastValueFrom(decode(await testClip('plain'), given).pipe(take(1), toArray()));
  t.match(frame!.input, { width: 480 }, 'undefined is not provided');
});
