import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concat, EMPTY, from, lastValueFrom, NEVER, of, Subject, take, throwError, toArray } from 'rxjs';
import t from 'tap';
import { abandonedAreGone } from '../../operators/abandoned.js';
import { decode } from '../../operators/decode.js';
import { type EncodeOptions, encode } from '../../operators/encode.js';
import { findFfmpeg, isAtLeast } from '../../operators/find-ffmpeg.js';
import { type Frame, pictureBytes } from '../../operators/frame.js';
import { createGate } from '../../operators/gate.js';
import { probe } from '../../operators/probe.js';
import { fakeFrame, fakeSegmentedFrame } from './fake-frame.js';
import { canSeeProcesses, noFfmpegRuns, runningFfmpegs } from './running-ffmpegs.js';
import { testClip } from './test-clip.js';

// A busy machine takes four times as long as an idle one.
t.setTimeout(400_000);
const folder = mkdtempSync(join(tmpdir(), 'encode-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const { path: ffmpeg } = await findFfmpeg();
const fast = { preset: 'ultrafast' } as const;

const run = (...args: string[]) => execFileSync(ffmpeg, ['-v', 'error', ...args], { maxBuffer: 1 << 28 });
const decodeAll = (path: string): Promise<Frame[]> => lastValueFrom(decode(path).pipe(toArray()));
const times = (frames: readonly Frame[]) => frames.map(({ ptsUs }) => ptsUs);

/** Copies a clip through our steps; gives the new file's frames and what was said. */
async function transcode(input: string, name: string, options: EncodeOptions = {}, part: object = {}) {
  const output = join(folder, name);
  const warnings: string[] = [];
  const onWarning = (text: string, code: string) => warnings.push(`${code} ${text}`);
  const stream = decode(input, part).pipe(
    encode(output, { copyFrom: input, ...fast, ...part, onWarning, ...options }),
    toArray(),
  );
  const given = await lastValueFrom(stream);
  return { output, given, warnings, frames: await decodeAll(output) };
}

/**
 * Sound, packet by packet: time, size, checksum. Not the length of each, because a file made of fragments no longer knows
 * that of the last.
 */
function sound(path: string): string[] {
  const lines = run('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'framecrc', '-').toString().split('\n');
  return lines
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(/, */).slice(0, 6).toSpliced(3, 1).join(' '));
}

/** The times of the packets of sound, seconds. */
function soundTimes(path: string): number[] {
  const text = run('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'framecrc', '-').toString();
  const [, ticks] = /^#tb 0: 1\/(\d+)$/m.exec(text)!;
  return [...text.matchAll(/^\d+, *\S+ *(-?\d+),/gm)].map(([, pts]) => Number(pts) / Number(ticks));
}

/** Sound as ffmpeg alone copies it. */
function plainCopy(path: string): string[] {
  const copy = join(folder, 'plain-copy.mp4');
  run('-y', '-copyts', '-i', path, '-map', '0:v:0', '-map', '0:a?', '-c', 'copy', copy);
  return sound(copy);
}

/** Moving pictures without a source. */
function drawn(
  count: number,
  changes: (index: number) => Partial<Frame> = () => ({}),
  [width, height] = [320, 240],
): Frame[] {
  return Array.from({ length: count }, (_, index) => {
    const data = new Uint8Array(pictureBytes('yuv420p', width!, height!)).fill(128);
    for (let at = 0; at < width! * height!; at++) data[at] = (at * 5 + index * 11) & 255;
    return fakeFrame({
      index,
      picture: { width: width!, height: height!, pixelAspect: [1, 1], data, colour: { range: 'tv', matrix: 'bt709' } },
      gate: createGate(1000),
      ...changes(index),
    });
  });
}

t.test('every frame at its own time, and every packet of sound', async (t) => {
  for (const kind of ['plain', 'vfr', 'audio-first', 'several-streams'] as const) {
    const path = await testClip(kind);
    const { output, given, frames, warnings } = await transcode(path, `${kind}.mp4`);
    const source = await decodeAll(path);
    t.same(times(frames), times(source), `${kind}: times`);
    t.same(times(given), times(source));
    if (kind !== 'several-streams') t.same(sound(output), plainCopy(path), `${kind}: sound`);
    t.same(warnings, []);
    t.same((await probe(output)).audioCodecs, kind === 'several-streams' ? ['aac', 'aac'] : ['aac']);
  }
  t.same(
    readdirSync(folder).filter((name) => name.includes('.part')),
    [],
  );
});

const real = fileURLToPath(new URL('../../../shared/data/clips/solidWhiteRight.mp4', import.meta.url));
t.test('the real clip', { skip: existsSync(real) ? false : 'the shared clips are not here' }, async (t) => {
  const { output, frames } = await transcode(real, 'real.mp4');
  t.same(
    times(frames),
    Array.from({ length: 221 }, (_, n) => n * 40_000),
  );
  t.same(sound(output), plainCopy(real));
});

t.test('rates of film and television, and clocks that begin late', async (t) => {
  for (const [name, rate, offset, ending] of [
    ['film', '24000/1001', '0', 'mp4'],
    ['television', '30000/1001', '0', 'ts'],
    ['milliseconds', '17', '0', 'mkv'],
  ] as const) {
    const source = join(folder, `${name}-source.${ending}`);
    const [picture, tone] = [`testsrc2=s=64x48:r=${rate}:d=1`, 'sine=d=1:r=48000'];
    const streams = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone, '-c:v', 'libx264', '-c:a', 'aac'];
    run('-y', ...streams, '-output_ts_offset', offset, source);
    const { frames } = await transcode(source, `${name}.mp4`);
    const wanted = times(await decodeAll(source));
    // ffmpeg 4 cuts the lead of a track down to whole milliseconds.
    // And where it knows no length of pictures it may show the last one twice.
    const isOld = !isAtLeast(await findFfmpeg(), [59, 0]);
    const got = times(frames).slice(0, isOld ? wanted.length : undefined);
    t.ok(
      got.every((time, n) => Math.abs(time - wanted[n]!) < (isOld ? 1000 : 500)) && got.length === wanted.length,
      name,
    );
  }
});

t.test('a clock that begins very late begins at 0, with a word, and sound with it', async (t) => {
  const source = join(folder, 'very-late.ts');
  run('-y', '-i', await testClip('plain'), '-c', 'copy', '-output_ts_offset', '5000', source);
  const { frames, warnings, output } = await transcode(source, 'very-late.mp4');
  t.ok(frames[0]!.ptsUs < 200_000);
  t.match(warnings, [/^TIMES_SHIFTED/]);
  t.ok((await probe(output)).durationSeconds! < 2.3);
});

t.test('a clock that wraps in the middle begins at 0 as well: what is before the wrap is shown', async (t) => {
  const source = join(folder, 'wraps.ts');
  // 33 bits at 90 kHz are full after 95443.7 s.
  run(
    '-y',
    '-i',
    await testClip('plain'),
    '-c',
    'copy',
    '-output_ts_offset',
    '95442.7',
    '-muxdelay',
    '0',
    '-muxpreload',
    '0',
    source,
  );
  const { frames, warnings, given } = await transcode(source, 'wraps.mp4');
  t.equal(frames.length, given.length);
  t.ok(frames[0]!.ptsUs >= 0 && frames[0]!.ptsUs < 200_000);
  t.match(warnings, [/^TIMES_SHIFTED .*begins at -/]);
});

t.test('upright, padded to even sizes at the edge, with aspect and colour tags', async (t) => {
  const rotated = await transcode(await testClip('rotated'), 'rotated.mp4');
  t.match(await probe(rotated.output), { width: 240, height: 320, rotation: 0 });
  const aspect = await transcode(await testClip('non-square-pixels'), 'aspect.mp4');
  t.same(aspect.frames[0]!.picture.pixelAspect, [16, 11]);

  const odd = await transcode(await testClip('odd-size'), 'odd.mp4', { crf: 0 });
  const { width, height, data } = odd.frames[0]!.picture;
  t.same([width, height], [322, 242]);
  const row = (y: number) => [...data.subarray(y * width, (y + 1) * width)];
  t.same(row(241), row(240), 'the last row twice');
  const [odds] = await decodeAll(await testClip('odd-size'));
  for (const y of [7, 100, 240]) {
    const before = odds!.picture.data[y * odds!.picture.width + 319]!;
    t.ok(Math.abs(row(y)[319]! - before) <= 2, 'columns are as they were');
    t.same(row(y).slice(320), [row(y)[319], row(y)[319]], 'and the last whole one fills the pair at the edge');
  }

  const path = await testClip('full-range');
  const full = await transcode(path, 'full.mp4', { crf: 0 });
  t.same((await probe(full.output)).colour, (await probe(path)).colour);
  const [before] = await decodeAll(path);
  const difference = full.frames[0]!.picture.data.map((value, at) => Math.abs(value - before!.picture.data[at]!));
  t.ok(Math.max(...difference) <= 2, 'and the values are the same');
});

t.test('sound tracks keep language and title, and what is left out is said', async (t) => {
  const subtitles = join(folder, 'subtitles.srt');
  writeFileSync(subtitles, '1\n00:00:00,000 --> 00:00:01,000\nHello\n');
  const source = join(folder, 'tracks.mkv');
  const tracks = ['-map', '0:v:0', '-map', '0:a:0', '-map', '0:a:0', '-map', '1:s'];
  const names = ['-metadata:s:a:0', 'title=Cabin', '-metadata:s:a:1', 'language=deu'];
  run('-y', '-i', await testClip('plain'), '-i', subtitles, ...tracks, '-c', 'copy', '-c:s', 'srt', ...names, source);
  for (const name of ['tracks-out.mkv', 'tracks-out.mp4']) {
    const { warnings, output } = await transcode(source, name);
    t.match(warnings, [/STREAMS_LEFT_OUT.*the subtitle of .*tracks\.mkv is left out/]);
    const { streams } = JSON.parse(
      execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'a', '-show_streams', '-of', 'json', output], {
        encoding: 'utf8',
      }),
    );
    t.equal(streams[1].tags.language, 'deu');
    if (name.endsWith('.mkv')) t.equal(streams[0].tags.title, 'Cabin');
  }
});

t.test('the sound of a route that takes the first frames ends with them where that is asked for', async (t) => {
  const copyFrom = await testClip('plain');
  const whole = (await probe(copyFrom)).durationSeconds!;
  for (const ending of ['mp4', 'mkv']) {
    for (const [soundEnds, seconds] of [
      ['picture', 0.4],
      ['own', whole],
    ] as const) {
      const output = join(folder, `first-${soundEnds}.${ending}`);
      const route = decode(copyFrom).pipe(take(10), encode(output, { ...fast, copyFrom, soundEnds }));
      await lastValueFrom(route);
      const found = await probe(output);
      t.ok(found.hasAudio);
      t.ok(Math.abs(found.durationSeconds! - seconds) < 0.1, `${soundEnds}: ${found.durationSeconds} of ${seconds} s`);
      t.equal((await decodeAll(output)).length, 10);
    }
  }
});

t.test('metadata and chapters', async (t) => {
  const list = join(folder, 'chapters.txt');
  writeFileSync(
    list,
    ';FFMETADATA1\ntitle=A drive\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=one\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=two\n',
  );
  const source = join(folder, 'chapters-source.mp4');
  run(
    '-y',
    '-i',
    await testClip('plain'),
    '-i',
    list,
    '-map_metadata',
    '1',
    '-metadata',
    'creation_time=2024-05-06T07:08:09Z',
    '-c',
    'copy',
    source,
  );
  for (const ending of ['mp4', 'mkv']) {
    const { output } = await transcode(source, `chapters.${ending}`);
    const text = run('-i', output, '-f', 'ffmetadata', '-').toString();
    t.match(text, /title=A drive/);
    t.match(text, /title=one[\s\S]*title=two/);
    const { stderr } = spawnSync(ffmpeg, ['-hide_banner', '-i', output, '-t', '0', '-f', 'null', '-']);
    t.match(stderr.toString(), /creation_time +: 2024-05-06T07:08:09/);
    t.same((await probe(output)).audioCodecs, ['aac'], 'and no track of chapters');
  }
});

t.test('a part, picture and sound alike', async (t) => {
  const { frames, output } = await transcode(
    await testClip('plain'),
    'part.mp4',
    {},
    { startSeconds: 0.6, durationSeconds: 1 },
  );
  // Of a part ffmpeg 4 may lose the last picture, or show it a second time.
  const sure = isAtLeast(await findFfmpeg(), [59, 0]) ? frames : frames.slice(0, 24);
  t.same(
    times(sure),
    Array.from({ length: sure === frames ? 25 : 24 }, (_, n) => n * 40_000),
  );
  t.ok(Math.abs(frames.length - 25) <= 1, `${frames.length} frames`);
  const stamps = sound(output).map((packet) => Number(packet.split(' ')[2]) / 48_000);
  t.ok(
    stamps.length >= 44 && stamps.length <= 49 && stamps[0]! > -0.05 && stamps.at(-1)! < 1.05,
    `${stamps.length} packets`,
  );
});

t.test('a part of a clock that begins elsewhere than at 0 begins at 0, with its own sound', async (t) => {
  const plain = await testClip('plain');
  const long = ['-g', '250', '-c:v', 'mpeg4', '-c:a'];
  const sources = {
    'ts of 1.4 s': ['-c', 'copy', '-f', 'mpegts'],
    'ts of 3600 s': ['-c', 'copy', '-output_ts_offset', '3600', '-f', 'mpegts'],
    // The clock of 26 hours wraps.
    'ts of -0.4 s': ['-c', 'copy', '-output_ts_offset', String(95_443.7177 - 1.8), '-f', 'mpegts'],
    'opus of -7 ms': [...long, 'libopus', '-f', 'matroska'],
    'late mp4': ['-c', 'copy', '-output_ts_offset', '1.5', '-f', 'mp4'],
  };
  for (const [name, how] of Object.entries(sources)) {
    const input = join(folder, name);
    run('-y', '-i', plain, '-map', '0:v:0', '-map', '0:a:0', ...how, input);
    const { startSeconds } = await probe(input);
    for (const ending of ['mp4', 'mkv']) {
      const cut = await transcode(input, `${name}.${ending}`, {}, { startSeconds: 0.6, durationSeconds: 1 });
      const [first, last] = [times(cut.frames)[0]!, times(cut.frames).at(-1)!];
      t.ok(first <= 40_000 && last >= 920_000 && last < 1_020_000, `${name}, ${startSeconds}: ${first} to ${last}`);
      const [, ...stamps] = soundTimes(cut.output);
      t.ok(stamps[0]! > -0.03 && stamps[0]! < 0.06, `${name}: sound from ${stamps[0]}`);
      t.ok(stamps.at(-1)! > 0.9 && stamps.at(-1)! < 1.05, `${name}: sound to ${stamps.at(-1)}`);
    }
  }
});

t.test('two streams cannot write one file at once; one after the other they can', async (t) => {
  const output = join(folder, 'same.mp4');
  const input = await testClip('plain');
  const write = (name: string) =>
    lastValueFrom(decode(input, { durationSeconds: 0.4 }).pipe(encode(name, fast), toArray()));
  const ends = await Promise.allSettled([write(output), write(join(folder, '.', 'same.mp4'))]);
  t.same(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  t.match(
    ends.find(({ status }) => status === 'rejected'),
    {
      reason: { code: 'OUTPUT_UNWRITABLE', message: /same\.mp4 is being written by this program already/ },
    },
  );
  t.equal((await decodeAll(output)).length, 10, 'the one that was first is whole');
  t.equal((await write(output)).length, 10);
  const given = decode(input).pipe(encode(output, fast)).subscribe();
  await new Promise((resolve) => setTimeout(resolve, 300));
  given.unsubscribe();
  t.equal((await write(output)).length, 10, 'also after one that was abandoned just now');
});

t.test('sound that the container cannot hold is converted, with a word', async (t) => {
  const source = join(folder, 'pcm.mkv');
  run('-y', '-i', await testClip('plain'), '-c:v', 'copy', '-c:a', 'pcm_s16le', source);
  const converted = await transcode(source, 'pcm.mp4');
  t.same((await probe(converted.output)).audioCodecs, ['aac']);
  t.match(converted.warnings, [/^AUDIO_CONVERTED \.mp4 files cannot hold pcm_s16le sound: it is converted to aac$/]);
  const copied = await transcode(source, 'pcm.mov');
  t.same((await probe(copied.output)).audioCodecs, ['pcm_s16le']);
  t.same(copied.warnings, []);
});

t.test('frames without a source make a film without sound', async (t) => {
  const output = join(folder, 'drawn.mp4');
  await lastValueFrom(from(drawn(30)).pipe(encode(output, fast)));
  t.same(times(await decodeAll(output)), times(drawn(30)));
  t.match(await probe(output), { hasAudio: false, colour: { range: 'tv', matrix: 'bt709' } });
});

t.test('without a source, a clock that begins late begins at 0', async (t) => {
  const output = join(folder, 'late.mp4');
  const warnings: string[] = [];
  const frames = drawn(10, (index) => ({ ptsUs: 7_200_000_000 + index * 40_000 }));
  const onWarning = (_: string, code: string) => warnings.push(code);
  await lastValueFrom(from(frames).pipe(encode(output, { ...fast, onWarning })));
  t.same(times(await decodeAll(output)), times(drawn(10)));
  t.same(warnings, ['TIMES_SHIFTED']);
});

t.test('when it was taken stands in the file, before what the original says', async (t) => {
  const createdAt = Date.UTC(2024, 1, 29, 23, 59, 59);
  const dated = join(folder, 'dated.mp4');
  run('-y', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:d=0.2', '-metadata', 'creation_time=2001-01-01T00:00:00Z', dated);
  for (const [name, more] of [['a.mp4'], ['a.mkv'], ['b.mp4', { copyFrom: dated }]] as const) {
    const output = join(folder, `taken-${name}`);
    await lastValueFrom(from(drawn(2)).pipe(encode(output, { ...fast, createdAt, ...more })));
    const { stderr } = spawnSync(ffmpeg, ['-hide_banner', '-i', output], { encoding: 'utf8' });
    t.match(stderr, /creation_time *: *2024-02-29T23:59:59/, name);
    t.notMatch(stderr, /2001-01-01/, name);
  }
});

t.test('masks come back as they were, index by index', async (t) => {
  const mask = { width: 33, height: 17, data: Uint8Array.from({ length: 561 }, (_, at) => at % 40) };
  const output = join(folder, 'masks.mkv');
  const frames = [0, 1, 2].map((index) => fakeSegmentedFrame({ index, mask }));
  await lastValueFrom(from(frames).pipe(encode(output, { content: 'mask' })));
  const raw = run('-i', output, '-pix_fmt', 'gray', '-f', 'rawvideo', '-');
  t.ok(raw.equals(Buffer.concat([mask.data, mask.data, mask.data])));
});

t.test('nothing in makes no file', async (t) => {
  const output = join(folder, 'nothing.mp4');
  t.same(await lastValueFrom(EMPTY.pipe(encode(output), toArray())), []);
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('nothing')),
    [],
  );
});

t.test('a clock that is set back, as by a camera that connects again, goes on', async (t) => {
  const output = join(folder, 'again.mp4');
  const frames = [...drawn(10, (index) => ({ ptsUs: 9_000_000 + index * 40_000 })), ...drawn(10, () => ({ epoch: 1 }))];
  await lastValueFrom(from(frames).pipe(encode(output, fast)));
  const got = times(await decodeAll(output));
  t.equal(got.length, 20);
  t.equal(got[10]! - got[9]!, 40_000);
  t.equal(got[19]! - got[0]!, 19 * 40_000);
});

t.test('pictures of another size are refused by name', async (t) => {
  const frames = [...drawn(3), ...drawn(3, undefined, [160, 120])];
  const sized = lastValueFrom(from(frames).pipe(encode(join(folder, 'sizes.mp4'), fast)));
  await t.rejects(sized, { code: 'SIZE_CHANGED', message: /320 x 240 to 160 x 120/ });
});

t.test('an error from before ends the part properly, keeps it, and is passed on after it', async (t) => {
  const cut = concat(
    from(drawn(40)),
    throwError(() => new Error('cut')),
  );
  await t.rejects(lastValueFrom(cut.pipe(encode(join(folder, 'cut.mp4'), fast))), /^cut$/);
  t.notOk(existsSync(join(folder, 'cut.mp4')));
  t.equal((await decodeAll(join(folder, 'cut.part.mp4'))).length, 40);
});

t.test('unsubscribing kills ffmpeg and removes the part', async (t) => {
  const output = join(folder, 'left.mp4');
  const subscription = concat(from(drawn(60)), NEVER)
    .pipe(encode(output, fast))
    .subscribe();
  while (!existsSync(join(folder, 'left.part.mp4'))) await new Promise((resolve) => setTimeout(resolve, 10));
  subscription.unsubscribe();
  await abandonedAreGone();
  t.same(canSeeProcesses ? runningFfmpegs() : [], []);
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('left')),
    [],
  );
});

t.test('abandoned before it has begun, it starts no encoder', async (t) => {
  const children: ChildProcess[] = [];
  // Node tells of each new process here, also of one that is killed before it could do anything.
  const note = (message: unknown) => children.push((message as { process: ChildProcess }).process);
  subscribe('child_process', note);
  t.teardown(() => unsubscribe('child_process', note));
  const place = t.testdir({});
  const output = join(place, 'early.mp4');
  const encoders = () => children.filter(({ spawnargs }) => spawnargs.includes(join(place, 'early.part.mp4')));
  encode(output, fast)(of(fakeFrame())).subscribe().unsubscribe();
  await abandonedAreGone();
  t.equal(encoders().length, 0);
  t.same(readdirSync(place), []);
  await lastValueFrom(of(fakeFrame()).pipe(encode(output, fast)));
  t.ok(encoders().length > 0, 'as it does where it is not abandoned');
});

t.test(
  'ffmpeg dying is an error that says where the rest is, and the rest plays',
  { skip: !canSeeProcesses },
  async (t) => {
    const output = join(folder, 'dying.mp4');
    const part = join(folder, 'dying.part.mp4');
    const source = new Subject<Frame>();
    const failed = lastValueFrom(source.pipe(encode(output, fast)));
    const frames = drawn(300);
    for (const frame of frames.slice(0, 200)) source.next(frame);
    while (!existsSync(part) || statSync(part).size < 20_000) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const pid of runningFfmpegs()) process.kill(pid, 'SIGKILL');
    for (const frame of frames.slice(200)) source.next(frame);
    await t.rejects(failed, {
      code: 'FFMPEG_DIED',
      message: /was ended by SIGKILL while writing .*dying\.mp4.*What was written is in .*dying\.part\.mp4/,
    });
    t.equal(source.observed, false);
    t.notOk(existsSync(output));
    t.ok((await decodeAll(part)).length >= 25);
  },
);

t.test(
  'of an encoder that dies all but the end is in the part, little as it is',
  { skip: !canSeeProcesses },
  async (t) => {
    for (const name of ['little.mp4', 'little.mkv']) {
      const part = join(folder, name.replace('.', '.part.'));
      const source = new Subject<Frame>();
      const failed = lastValueFrom(source.pipe(encode(join(folder, name), fast)));
      for (let index = 0; index < 75; index += 1) source.next(fakeFrame({ index }));
      const deadline = Date.now() + 20_000;
      const hasSize = () => existsSync(part) && statSync(part).size > 600;
      while (!hasSize() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
      // Long enough for the next fragment to follow.
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (const pid of runningFfmpegs()) process.kill(pid, 'SIGKILL');
      source.next(fakeFrame({ index: 75 }));
      source.complete();
      await t.rejects(failed, { code: 'FFMPEG_DIED', message: /What was written is in .*little\.part\./ });
      t.ok(statSync(part).size <= 4096, `${statSync(part).size} bytes`);
      const kept = (await decodeAll(part)).length;
      t.ok(kept >= 25, `${name}: ${kept} frames of 75`);
    }
  },
);

t.test('kill -9 of the whole program leaves a part that plays', { skip: !canSeeProcesses }, async (t) => {
  const output = join(folder, 'killed.mp4');
  const part = join(folder, 'killed.part.mp4');
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { concat, from, NEVER } from 'rxjs';
    import { encode } from ${url('../../operators/encode.js')};
    import { createGate } from ${url('../../operators/gate.js')};
    const data = new Uint8Array(115200);
    const frames = Array.from({ length: 200 }, (_, index) => ({
      source: 'a', epoch: 0, index, ptsUs: index * 40000, arrivedAt: 0, stepTimes: {}, gate: createGate(999),
      picture: { width: 320, height: 240, pixelAspect: [1, 1], colour: {}, data: data.map((_, i) => (i * 7 + index * 9) & 255) },
    }));
    concat(from(frames), NEVER).pipe(encode(${JSON.stringify(output)}, { preset: 'ultrafast' })).subscribe();
    setInterval(() => {}, 1000);`;
  const loaders = process.execArgv.filter((argument) => !argument.includes('processinfo'));
  const child = spawn(process.execPath, [...loaders, '--input-type=module', '-e', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: 'ignore',
  });
  while (!existsSync(part) || statSync(part).size < 20_000) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await once(child, 'exit');
  let frames: Frame[] = [];
  while (frames.length < 25) frames = await decodeAll(part).catch(() => []);
  t.notOk(existsSync(output));
});

t.test('places that cannot be written to are refused before ffmpeg is started', async (t) => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  mkdirSync(join(folder, 'folder.mp4'));
  const clip = await testClip('plain');
  const part = join(folder, 'in.part.mp4');
  writeFileSync(part, '');
  for (const [output, code, message, options] of [
    [join(folder, 'nowhere', 'a.mp4'), 'OUTPUT_UNWRITABLE', /nowhere.*the folder does not exist/, {}],
    [join(file, 'a.mp4'), 'OUTPUT_UNWRITABLE', /a-file/, {}],
    [join(folder, 'folder.mp4'), 'OUTPUT_UNWRITABLE', /is a folder/, {}],
    [clip, 'OUTPUT_IS_INPUT', /is the input itself/, { copyFrom: clip }],
    [join(folder, 'in.mp4'), 'OUTPUT_IS_INPUT', /in\.part\.mp4 while it is written/, { copyFrom: part }],
    [join(folder, 'b.mp4'), 'INPUT_MISSING', /no-such-original/, { copyFrom: '/no-such-original.mp4' }],
  ] as const) {
    await t.rejects(lastValueFrom(from(drawn(2)).pipe(encode(output, options))), { code, message }, message.source);
  }
  await abandonedAreGone();
  t.ok(existsSync(part), 'an input that the output would be called while it is written is still there');
});

t.test(
  'a folder without permission is refused',
  { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false },
  async (t) => {
    const locked = join(folder, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    const refused = lastValueFrom(from(drawn(2)).pipe(encode(join(locked, 'a.mp4'))));
    await t.rejects(refused, { code: 'OUTPUT_UNWRITABLE', message: /EACCES/ });
  },
);

/** A disk of a megabyte, where one may be made. */
function smallDisk(): string | undefined {
  const place = join(folder, 'small-disk');
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    return place;
  } catch {
    return undefined;
  }
}

const disk = smallDisk();
t.test('a full disk is told as that', { skip: disk ? false : 'only root can make a small disk' }, async (t) => {
  t.teardown(() => execFileSync('umount', [disk!]));
  const many = from(drawn(400, undefined, [640, 480]));
  const failed = lastValueFrom(many.pipe(encode(join(disk!, 'a.mp4'), { ...fast, crf: 1 })));
  await t.rejects(failed, {
    code: 'OUTPUT_DISK_FULL',
    message: /^The disk is full: writing .*a\.mp4 stopped after \d+ frames\./,
  });
  t.notOk(existsSync(join(disk!, 'a.mp4')));
  rmSync(join(disk!, 'a.part.mp4'), { force: true });

  const warnings: string[] = [];
  const options = { ...fast, crf: 18, onWarning: (_: string, code: string) => warnings.push(code) };
  const some = from(drawn(6, undefined, [640, 480]));
  await lastValueFrom(some.pipe(encode(join(disk!, 'b.mp4'), options)));
  const { size } = statSync(join(disk!, 'b.mp4'));
  t.equal((await decodeAll(join(disk!, 'b.mp4'))).length, 6);
  rmSync(join(disk!, 'b.mp4'));
  // At the very end ffmpeg tells of it, and exits as if all were well.
  for (const name of ['c.mkv', 'c.mp4']) {
    const again = () => lastValueFrom(from(drawn(6, undefined, [640, 480])).pipe(encode(join(disk!, name), options)));
    await again();
    const { size: whole } = statSync(join(disk!, name));
    rmSync(join(disk!, name));
    const { bavail, bsize } = statfsSync(disk!);
    for (const missing of [1, 2, 4]) {
      writeFileSync(join(disk!, 'filling'), new Uint8Array((bavail + missing) * bsize - whole));
      await t.rejects(again(), { code: 'OUTPUT_DISK_FULL' }, `${name}, ${missing} blocks too few`);
      t.notOk(existsSync(join(disk!, name)), 'nothing has the name of a whole file');
      for (const left of readdirSync(disk!)) rmSync(join(disk!, left));
    }
  }
  if (size > 524_288)
    t.same(warnings, ['OUTPUT_FRAGMENTED'], 'no room for a second copy: the fragments become the file');
});

t.test('options that make no sense are refused by name', async (t) => {
  t.throws(() => encode('a.txt'), { code: 'OPTION_INVALID', message: /end in \.mp4, .*got a\.txt/ });
  t.throws(() => encode('a.mp4', { crf: 52 }), { code: 'OPTION_INVALID', message: /crf .*got `52`/ });
  t.throws(() => encode('a.mp4', { createdAt: Number.NaN }), {
    code: 'OPTION_INVALID',
    message: /createdAt .*got `NaN`/,
  });
  t.throws(() => encode('a.mp4', { content: 'mask' }), { code: 'OPTION_INVALID', message: /end in \.mkv/ });
  t.throws(() => encode('c.mp4', { encoder: 'h266' }), {
    code: 'OPTION_INVALID',
    message: /^Expected encoder to be one of auto, .*got h266/,
  });
  t.throws(() => encode('c.mp4', { content: 'masks' as 'mask' }), {
    code: 'OPTION_INVALID',
    message: /^Expected content/,
  });
  t.throws(() => encode('c.mp4', { preset: 'quick' as 'fast' }), {
    code: 'OPTION_INVALID',
    message: /^Expected preset/,
  });
});

t.test('the file that is decoded is not replaced, whatever path leads to it', async (t) => {
  const clip = await testClip('plain');
  const input = join(folder, 'own.mp4');
  copyFileSync(clip, input);
  symlinkSync(input, join(folder, 'link.mp4'));
  const before = readFileSync(input);
  for (const output of [input, join(folder, 'link.mp4')]) {
    for (const options of [fast, { ...fast, copyFrom: clip }]) {
      const written = lastValueFrom(decode(input, { durationSeconds: 0.2 }).pipe(encode(output, options)));
      await t.rejects(written, { code: 'OUTPUT_IS_INPUT', message: /is the input itself/ });
    }
  }
  const byAddress = lastValueFrom(decode(`file:${input}`).pipe(encode(input, fast)));
  await t.rejects(byAddress, { code: 'OUTPUT_IS_INPUT' });
  t.ok(before.equals(readFileSync(input)));
  t.notOk(existsSync(join(folder, 'own.part.mp4')));
});

t.test('frames of several files keep their order while those are compared with the output', async (t) => {
  const output = join(folder, 'several.mp4');
  const given = drawn(12).map((frame, index) => {
    // Every third is of no file.
    const file = index % 3 === 2 ? {} : { file: join(folder, `source-${index % 4}.mp4`) };
    return { ...frame, ...file };
  });
  const passed = await lastValueFrom(from(given).pipe(encode(output, fast), toArray()));
  t.same(
    passed.map(({ index }) => index),
    given.map(({ index }) => index),
  );
  t.same(
    (await decodeAll(output)).map(({ ptsUs }) => ptsUs),
    given.map(({ ptsUs }) => ptsUs),
  );
});

t.test('a frame without what is to be encoded is an error that says what makes it', async (t) => {
  const plain = fakeFrame();
  for (const [content, output, message] of [
    ['overlay', 'none.mp4', /put overlay\(\) before/],
    ['mask', 'none.mkv', /put segment\(\) before/],
  ] as const) {
    const written = lastValueFrom(from([plain]).pipe(encode(join(folder, output), { content })));
    await t.rejects(written, { code: 'FRAME_INVALID', message });
    t.notOk(existsSync(join(folder, output)));
  }
});

t.test('hardware that is not there, and the last resort of all encoders', async (t) => {
  const warnings: string[] = [];
  const options = { ...fast, encoder: 'nvenc', onWarning: (_: string, code: string) => warnings.push(code) };
  await lastValueFrom(from(drawn(5)).pipe(encode(join(folder, 'hardware.mp4'), options)));
  t.equal((await decodeAll(join(folder, 'hardware.mp4'))).length, 5);
  t.ok(warnings.length === 0 || warnings[0] === 'ENCODER_REPLACED');
  const path = await testClip('vfr');
  const { frames } = await transcode(path, 'mpeg4.mp4', { encoder: 'mpeg4' });
  t.same(times(frames), times(await decodeAll(path)));
});

t.test('where something else removes the part, nothing is said to be in it', async (t) => {
  for (const name of ['removed.mp4', 'removed.mkv']) {
    const part = join(folder, name.replace('.', '.part.'));
    const source = new Subject<Frame>();
    const written = lastValueFrom(source.pipe(encode(join(folder, name), fast)));
    for (let index = 0; index < 3; index += 1) source.next(fakeFrame({ index }));
    while (!existsSync(part)) await new Promise((resolve) => setTimeout(resolve, 10));
    rmSync(part);
    source.complete();
    await t.rejects(written, {
      code: 'OUTPUT_UNWRITABLE',
      message: /: its part is gone, as something else writes or removes it$/,
    });
  }
});

t.test('where the name is taken by a folder meanwhile, the part stays, and it is said where', async (t) => {
  for (const name of ['taken.mkv', 'taken.mp4']) {
    const output = join(folder, name);
    const part = output.replace(/taken/, 'taken.part');
    const frames = new Subject<Frame>();
    const written = lastValueFrom(frames.pipe(encode(output, fast)));
    for (const frame of drawn(3)) frames.next(frame);
    while (!existsSync(part)) await new Promise((resolve) => setTimeout(resolve, 10));
    mkdirSync(join(output, 'full'), { recursive: true });
    frames.complete();
    await t.rejects(written, { code: 'OUTPUT_UNWRITABLE', message: /What was written is in .*taken\.part/ });
    t.equal((await decodeAll(part)).length, 3, name);
    t.notOk(existsSync(output.replace(/taken/, 'taken.part.whole')));
  }
});

t.test('unsubscribing does not wait for an original that says nothing', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const copyFrom = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/a.mp4`;
  const asked = once(silent, 'connection');
  const subscription = concat(from(drawn(1)), NEVER)
    .pipe(encode(join(folder, 'silent.mp4'), { ...fast, copyFrom }))
    .subscribe();
  const [socket] = await asked;
  subscription.unsubscribe();
  await noFfmpegRuns();
  socket.destroy();
});

t.test('a time or a picture that is none is refused, and what was before it plays', async (t) => {
  for (const [name, change] of [
    ['forever.mkv', { ptsUs: Number.POSITIVE_INFINITY }],
    ['never.mkv', { ptsUs: Number.NaN }],
    ['short.mkv', { picture: { ...drawn(1)[0]!.picture, data: new Uint8Array(5) } }],
  ] as const) {
    const frames = drawn(8, (index) => (index === 6 ? change : {}));
    const failed = lastValueFrom(from(frames).pipe(encode(join(folder, name), fast)));
    await t.rejects(failed, { code: 'FRAME_INVALID', message: /What was written is in/ }, name);
    t.equal((await decodeAll(join(folder, name.replace('.', '.part.')))).length, 6);
  }
});

t.test('pictures of a pixel are made even', async (t) => {
  const sizes: [number, number][] = [
    [1, 1],
    [1, 64],
    [64, 1],
  ];
  for (const size of sizes) {
    const output = join(folder, `${size.join('x')}.mp4`);
    await lastValueFrom(from(drawn(3, undefined, size)).pipe(encode(output, fast)));
    t.equal((await decodeAll(output)).length, 3);
  }
});

t.test('FFV1 is for pictures as well as for masks', async (t) => {
  const path = await testClip('plain');
  const { frames } = await transcode(path, 'lossless.mkv', { encoder: 'ffv1' }, { durationSeconds: 0.2 });
  const before = await lastValueFrom(decode(path, { durationSeconds: 0.2 }).pipe(toArray()));
  t.same(frames[0]!.picture.data, before[0]!.picture.data);
  t.throws(() => encode('a.mp4', { encoder: 'ffv1' }), { code: 'OPTION_INVALID', message: /ffv1 to end in \.mkv/ });
  t.throws(() => encode('a.webm', { encoder: 'libx264' }), { code: 'OPTION_INVALID', message: /auto or libvpx-vp9/ });
});

t.test('a cut of a container that begins before 0 loses no frame', async (t) => {
  const input = join(folder, 'before-zero.mkv');
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=25:duration=2'];
  const tone = ['-f', 'lavfi', '-i', 'sine=duration=2'];
  run('-y', ...picture, ...tone, '-c:v', 'mpeg4', '-c:a', 'libopus', input);
  if ((await probe(input)).startSeconds >= 0) return t.comment('not tried: this ffmpeg begins such a file at 0');
  for (const startSeconds of [0.53, 1.013]) {
    const { given, frames } = await transcode(input, `cut-${startSeconds}.mp4`, {}, { startSeconds });
    t.equal(frames.length, given.length);
    t.ok(frames[0]!.ptsUs >= 0);
  }
});

t.test('what is interlaced is told of, as its output does not say so', async (t) => {
  const input = join(folder, 'interlaced.mpg');
  const fields = ['-flags', '+ilme+ildct', '-vf', 'setfield=tff', '-c:v', 'mpeg2video'];
  run('-y', '-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=25:duration=0.2', ...fields, input);
  const { warnings } = await transcode(input, 'interlaced.mp4');
  t.match(warnings, [/^INTERLACED .*interlaced\.mpg is interlaced/]);
});
