import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, Subject, toArray } from 'rxjs';
import t from 'tap';
import { decode } from '../../../operators/decode.js';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';
import type { SegmentedFrame } from '../../../operators/frame.js';
import { createGate } from '../../../operators/gate.js';
import { probe } from '../../../operators/probe.js';
import { type Remains, record } from '../../../pipeline/serve/record.js';
import { fakeSegmentedFrame } from '../../operators/fake-frame.js';
import { canSeeProcesses, runningFfmpegs } from '../../operators/running-ffmpegs.js';

/** A frame of 320 x 240: a few of them fill a pipe. */
function frameAt(index: number, gate = createGate(4)): SegmentedFrame {
  const frame = fakeSegmentedFrame({ index, gate });
  const data = new Uint8Array(320 * 240 * 1.5).fill(128);
  return { ...frame, picture: { ...frame.picture, width: 320, height: 240, data } };
}

/** Sends frames, a hundred a second, until it holds; it is told how many have been sent in all. */
function senderOf(frames: Subject<SegmentedFrame>): (holds: (sent: number) => boolean) => Promise<void> {
  let sent = 0;
  return async (holds) => {
    for (; !holds(sent); sent += 1) {
      frames.next(frameAt(sent));
      await sleep(10);
    }
  };
}

t.test('a recording that hangs holds up nothing but itself', { skip: !canSeeProcesses }, async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const files: string[] = [];
  const slow: string[] = [];
  const frames = new Subject<SegmentedFrame>();
  const gate = createGate(2);
  const taken = new Set<string>();
  const onError = (error: unknown) => t.fail(String(error));
  const onFile = (file: string) => files.push(file);
  const onSlow = (file: string) => slow.push(file);
  const over = lastValueFrom(
    frames.pipe(record(path, { opacity: 0.5, fileMs: 60_000, taken, onFile, onSlow, onError })),
    {
      defaultValue: undefined,
    },
  );
  frames.next(frameAt(0, gate));
  const encoder = async (): Promise<number> => {
    const pid = runningFfmpegs().find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('out.part.mp4'));
    return pid ?? sleep(20).then(encoder);
  };
  const pid = await encoder();
  process.kill(pid, 'SIGSTOP');
  for (let index = 1; index < 60; index += 1) {
    frames.next(frameAt(index, gate));
    await sleep(5);
    t.ok(gate.open, 'the gate of what is shown');
  }
  t.same(slow, [path], 'it is told of once');
  process.kill(pid, 'SIGCONT');
  frames.complete();
  await over;
  t.same(files, [path]);
  t.ok((await probe(path)).durationSeconds! > 0.2);
});

t.test('a disk that does not answer holds up nothing, and what is recorded waits for it', async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const [begun, files, slow]: [string[], string[], string[]] = [[], [], []];
  const gate = createGate(2);
  const frames = new Subject<SegmentedFrame>();
  let answer!: () => void;
  const answers = new Promise<void>((resolve) => (answer = resolve));
  const over = lastValueFrom(
    frames.pipe(
      record(path, {
        opacity: 0.5,
        fileMs: 60_000,
        taken: new Set(),
        ask: (question) => answers.then(question),
        onBegin: (file) => begun.push(file),
        onFile: (file) => files.push(file),
        onSlow: (file) => slow.push(file),
        onError: (error) => t.fail(String(error)),
      }),
    ),
    { defaultValue: undefined },
  );
  for (let index = 0; index < 40; index += 1) {
    frames.next(frameAt(index, gate));
    t.ok(gate.open, 'the gate of what is shown');
  }
  t.same([begun, slow], [[], [path]]);
  answer();
  frames.complete();
  await over;
  t.same([begun, files], [[path], [path]]);
  t.match(await probe(path), { durationSeconds: 0.64 }, 'the frames that could wait are in it');
});

t.test('a folder that is none any more leaves no part, and the name is free for the next', async (t) => {
  const path = `${t.testdir({ folder: 'a file' })}/folder/out.mp4`;
  const ended: Remains[] = [];
  const taken = new Set<string>();
  const frames = new Subject<SegmentedFrame>();
  const onError = (_error: unknown, remains: Remains) => ended.push(remains);
  const onFile = () => t.fail('nothing was recorded');
  const over = lastValueFrom(
    frames.pipe(record(path, { opacity: 0.5, fileMs: 60_000, retryMs: 10, taken, onFile, onError })),
    { defaultValue: undefined },
  );
  const send = senderOf(frames);
  await send(() => ended.length > 2);
  frames.complete();
  await over;
  t.same(ended.slice(0, 3), Array(3).fill({ isLost: false }));
  t.ok(taken.size <= 1, 'names are not used up');
});

t.test('a recording that ends early is begun again in another file', { skip: !canSeeProcesses }, async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const states: boolean[] = [];
  const files: string[] = [];
  const parts: (string | undefined)[] = [];
  const frames = new Subject<SegmentedFrame>();
  const recording = record(path, {
    opacity: 0.5,
    fileMs: 60_000,
    taken: new Set(),
    retryMs: 10,
    onFile: (file) => files.push(file),
    onError: (_, { part }) => parts.push(part),
    onRecording: (isOn) => states.push(isOn),
  });
  const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
  const sendUntil = senderOf(frames);
  const encoder = (): number | undefined =>
    runningFfmpegs().find((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('out.part.mp4'));
  await sendUntil(() => encoder() !== undefined);
  process.kill(encoder()!, 'SIGKILL');
  await sendUntil(() => states.length === 3);
  await sendUntil((sent) => sent % 10 === 0);
  frames.complete();
  await over;
  t.same(states, [true, false, true, false]);
  t.same(files, [path], 'nothing was written under that name before');
  t.same(parts, [undefined]);
  t.ok((await probe(path)).width === 320);
});

t.test('a recording that something else removes is ended, and the next has a folder again', async (t) => {
  const folder = `${t.testdir({})}/recordings`;
  const path = `${folder}/out.mp4`;
  mkdirSync(folder);
  const files: string[] = [];
  const errors: [unknown, Remains][] = [];
  const frames = new Subject<SegmentedFrame>();
  const recording = record(path, {
    opacity: 0.5,
    fileMs: 60_000,
    taken: new Set(),
    retryMs: 10,
    lookMs: 50,
    onFile: (file) => files.push(file),
    onError: (error, remains) => errors.push([error, remains]),
  });
  const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
  const sendUntil = senderOf(frames);
  const second = `${folder}/out-2.part.mp4`;
  await sendUntil(() => existsSync(`${folder}/out.part.mp4`));
  // Until it has been looked for.
  const from = Date.now();
  await sendUntil(() => Date.now() - from > 300);
  rmSync(folder, { recursive: true });
  await sendUntil(() => existsSync(second) && statSync(second).size > 0);
  frames.complete();
  await over;
  t.match(errors, [[{ code: 'OUTPUT_UNWRITABLE', message: /out\.part\.mp4 is gone/ }, { isLost: true }]]);
  t.notMatch((errors[0]![0] as Error).message, /What was written is in/);
  t.equal(errors[0]![1].part, undefined);
  t.same(files, [`${folder}/out-2.mp4`], 'the name of one that was lost is not used again');
  t.ok((await probe(files[0]!)).width === 320);
});

t.test(
  'at a stop a recording that hangs is told of, and given up with its part',
  { skip: !canSeeProcesses },
  async (t) => {
    const path = `${t.testdir({})}/out.mp4`;
    const part = path.replace('out', 'out.part');
    const awaited: string[] = [];
    const errors: [unknown, Remains][] = [];
    const frames = new Subject<SegmentedFrame>();
    const stop = new AbortController();
    const recording = record(path, {
      opacity: 0.5,
      fileMs: 60_000,
      taken: new Set(),
      stop: stop.signal,
      tellMs: 200,
      hangMs: 500,
      onFile: (file) => t.fail(file),
      onAwaited: (file) => awaited.push(file),
      onError: (error, remains) => errors.push([error, remains]),
    });
    const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
    for (let index = 0; !existsSync(part) || statSync(part).size === 0; index += 1) {
      frames.next(frameAt(index));
      await sleep(10);
    }
    const encoder = runningFfmpegs().find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part));
    process.kill(encoder!, 'SIGSTOP');
    stop.abort();
    frames.complete();
    await over;
    t.same(awaited, [path]);
    t.match(errors, [[{ code: 'FFMPEG_DIED', message: /hung .*What was written is in .*out\.part\.mp4/ }, { part }]]);
    t.ok((await probe(part)).width === 320);
  },
);

t.test('a recording that waits to be begun again ends with the connection', { skip: !canSeeProcesses }, async (t) => {
  const path = `${t.testdir({ none: 'a file' })}/none/out.mp4`;
  const errors: unknown[] = [];
  const frames = new Subject<SegmentedFrame>();
  const recording = record(path, {
    opacity: 0.5,
    fileMs: 60_000,
    taken: new Set(),
    onFile: () => {},
    onError: (error) => errors.push(error),
  });
  const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
  for (let index = 0; errors.length === 0; index += 1) {
    frames.next(frameAt(index));
    await sleep(10);
  }
  frames.complete();
  await over;
  t.match(errors, [{ code: 'OUTPUT_UNWRITABLE' }]);
});

t.test('a long connection goes on in another file, and no frame is lost', async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const files: string[] = [];
  const states: boolean[] = [];
  const frames = new Subject<SegmentedFrame>();
  const recording = record(path, {
    opacity: 0,
    fileMs: 300,
    taken: new Set(),
    onFile: (file) => files.push(file),
    onSlow: (file) => t.fail(`${file} left frames out`),
    onError: (error) => t.fail(String(error)),
    onRecording: (isOn) => states.push(isOn),
  });
  const begunAt = Date.now();
  const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
  const count = 30;
  for (let index = 0; index < count; index += 1) {
    const { picture, ...frame } = frameAt(index);
    const data = new Uint8Array(picture.data).fill(20 + index * 5, 0, 320 * 240);
    frames.next({ ...frame, ptsUs: 10_000_000 + index * 50_000, picture: { ...picture, data } });
    await sleep(50);
  }
  // With some files still under way.
  frames.complete();
  await over;
  t.ok(files.length > 2, 'more than two files');
  t.equal(states.at(-1), false);
  const numbered = files.map((_, at) => (at === 0 ? path : path.replace('out.mp4', `out-${at + 1}.mp4`)));
  t.same(new Set(files), new Set(numbered));
  const shown: number[] = [];
  for (const file of numbered) {
    const decoded = await lastValueFrom(decode(file).pipe(toArray()));
    t.equal(decoded[0]!.ptsUs, 0, 'each begins at 0');
    shown.push(...decoded.map((frame) => Math.round((frame.picture.data[0]! - 20) / 5)));
    const { stderr } = spawnSync((await findFfmpeg()).path, ['-hide_banner', '-i', file], { encoding: 'utf8' });
    const createdAt = Date.parse(/creation_time *: *(\S+)/.exec(stderr)?.[1] ?? '');
    // The file counts whole seconds.
    t.ok(createdAt > begunAt - 1000 && createdAt <= Date.now(), 'when it was begun');
  }
  t.same(
    shown,
    Array.from({ length: count }, (_, index) => index),
  );
});

t.test('beside an encoder that hangs one more is begun, and no third', { skip: !canSeeProcesses }, async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const files: string[] = [];
  const frames = new Subject<SegmentedFrame>();
  const recording = record(path, {
    opacity: 0.5,
    fileMs: 100,
    taken: new Set(),
    onFile: (file) => files.push(file),
    onError: (error) => t.fail(String(error)),
  });
  const over = lastValueFrom(frames.pipe(recording), { defaultValue: undefined });
  const stopped = new Set<number>();
  // Longer than two cuts, of which the second is tried again after a second.
  for (let index = 0; index < 70; index += 1) {
    frames.next(frameAt(index));
    await sleep(20);
    for (const pid of runningFfmpegs()) {
      if (stopped.has(pid) || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('.part.mp4')) continue;
      process.kill(pid, 'SIGSTOP');
      stopped.add(pid);
    }
  }
  t.equal(stopped.size, 2);
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  frames.complete();
  await over;
  t.same(files.sort(), [path.replace('out', 'out-2'), path]);
});

t.test('the file of a camera that is away is finished, and another begun when it is back', async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const frames = new Subject<SegmentedFrame>();
  const files: string[] = [];
  const isRecording: boolean[] = [];
  const over = lastValueFrom(
    frames.pipe(
      record(path, {
        opacity: 0.5,
        fileMs: 60_000,
        silentMs: 500,
        taken: new Set(),
        onFile: (file) => files.push(file),
        onError: (error) => t.fail(String(error)),
        onRecording: (isOn) => isRecording.push(isOn),
      }),
    ),
    { defaultValue: undefined },
  );
  for (let index = 0; index < 3; index += 1) frames.next(frameAt(index));
  while (files.length === 0) await sleep(20);
  t.same(files, [path]);
  t.same(isRecording, [true, false]);
  frames.next(frameAt(3));
  frames.complete();
  await over;
  t.same(files, [path, path.replace('out', 'out-2')]);
});

t.test('two recordings of one path at once have a file each', async (t) => {
  const path = `${t.testdir({})}/out.mp4`;
  const taken = new Set<string>();
  const files: string[] = [];
  const recordings = [1, 2].map(() => {
    const frames = new Subject<SegmentedFrame>();
    const onFile = (file: string) => files.push(file);
    const onError = (error: unknown) => t.fail(String(error));
    const over = lastValueFrom(frames.pipe(record(path, { opacity: 0.5, fileMs: 60_000, taken, onFile, onError })), {
      defaultValue: undefined,
    });
    for (let index = 0; index < 3; index += 1) frames.next(frameAt(index));
    frames.complete();
    return over;
  });
  await Promise.all(recordings);
  t.same(files.map((file) => file.slice(path.length - 'out.mp4'.length)).sort(), ['out-2.mp4', 'out.mp4']);
});
