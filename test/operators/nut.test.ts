import { execFileSync } from 'node:child_process';
import t from 'tap';
import { findFfmpeg, passthroughOption } from '../../operators/find-ffmpeg.js';
import { pictureBytes } from '../../operators/frame.js';
import { createNutReader, type NutStream } from '../../operators/nut-reader.js';
import { createNutWriter } from '../../operators/nut-writer.js';

const tool = await findFfmpeg();

function run(args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync(tool.path, ['-v', 'error', ...args], { input, maxBuffer: 1 << 28 });
}

interface ReadFrame {
  readonly stream: number;
  readonly ptsUs: number;
  readonly data: Uint8Array;
}

function read(bytes: Uint8Array, chunkSize: number) {
  const frames: ReadFrame[] = [];
  let streams: readonly NutStream[] = [];
  const reader = createNutReader({
    onStreams: (found) => {
      streams = found;
    },
    onFrame: (stream, ptsUs, data) => frames.push({ stream, ptsUs, data }),
  });
  for (let at = 0; at < bytes.length; at += chunkSize) reader.push(bytes.subarray(at, at + chunkSize));
  return { streams, frames };
}

const twoStreams = run([
  ...['-f', 'lavfi', '-i', 'testsrc2=s=322x242:r=30000/1001:d=0.5'],
  ...['-filter_complex', 'split[a][b];[a]format=yuv420p,setsar=4/3[full];[b]scale=48:36,format=rgb24[small]'],
  ...['-map', '[full]', '-map', '[small]', '-enc_time_base', '1:1000000', '-c:v', 'rawvideo', '-f', 'nut', '-'],
]);

t.test('what ffmpeg writes is read to the byte and the microsecond, two streams in one pipe', async (t) => {
  const { streams, frames } = read(twoStreams, 65_536);
  t.match(streams[0], { width: 322, height: 242, pixelAspect: [4, 3], fourcc: 'I420' });
  t.match(streams[1], { width: 48, height: 36, fourcc: 'RGB\x18' });
  const [full, small] = [0, 1].map((stream) => frames.filter((frame) => frame.stream === stream));
  t.equal(full!.length, 15);
  t.same(
    full!.map(({ ptsUs }) => ptsUs),
    Array.from({ length: 15 }, (_, n) => Math.round((n * 1_001_000_000) / 30_000)),
  );
  t.same(
    small!.map(({ ptsUs }) => ptsUs),
    full!.map(({ ptsUs }) => ptsUs),
  );
  t.ok(full!.every(({ data }) => data.length === pictureBytes('yuv420p', 322, 242)));
  const plain = run([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=322x242:r=30000/1001:d=0.5',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'rawvideo',
    '-',
  ]);
  t.ok(Buffer.concat(full!.map(({ data }) => data)).equals(plain), 'the same pixels as without NUT');
  t.ok(
    full!.every(({ data }) => data.byteLength === data.buffer.byteLength),
    'each frame in one exact buffer',
  );
});

t.test('chunks may be cut anywhere', async (t) => {
  const whole = read(twoStreams.subarray(0, 400_000), 65_536);
  for (const size of [1, 7, 4093, 400_000]) {
    const { frames } = read(twoStreams.subarray(0, 400_000), size);
    t.equal(frames.length, whole.frames.length, `${size} bytes`);
    t.ok(Buffer.from(frames.at(-1)!.data).equals(whole.frames.at(-1)!.data));
  }
});

t.test('coarse and coded time bases are read: 1/25, 1/90000, 1/1000 with gaps', async (t) => {
  for (const [base, step] of [
    ['1:25', 40_000],
    ['1:90000', 40_000],
    ['1:1000', 40_000],
  ] as const) {
    const source = "testsrc2=s=32x24:r=25:d=4,select='not(mod(n,9))'";
    const bytes = run([
      '-f',
      'lavfi',
      '-i',
      source,
      ...passthroughOption(tool),
      '-enc_time_base',
      base,
      '-c:v',
      'rawvideo',
      '-f',
      'nut',
      '-',
    ]);
    const times = read(bytes, 1000).frames.map(({ ptsUs }) => ptsUs);
    t.same(
      times,
      Array.from({ length: 12 }, (_, n) => n * 9 * step),
      base,
    );
  }
});

t.test('bytes that are no NUT are refused, at the beginning and in the middle', async (t) => {
  t.throws(() => read(Buffer.from('This is a text and no container of any kind.'), 10), { code: 'FFMPEG_DIED' });
  const broken = Buffer.from(twoStreams.subarray(0, 200_000));
  const { frames } = read(broken, 1000);
  broken.fill(0x4e, frames[0]!.data.length + 400, frames[0]!.data.length + 800);
  t.throws(() => read(broken, 1000), { code: 'FFMPEG_DIED', message: /something else/ });
});

t.test('a stream that ends in the middle of a frame or header gives the frames before it', async (t) => {
  t.equal(read(twoStreams.subarray(0, 100), 10).frames.length, 0);
  t.equal(read(twoStreams.subarray(0, 130_000), 1000).frames.length, 2);
});

for (const [format, width, height] of [
  ['yuv420p', 321, 241],
  ['rgb24', 65, 49],
  ['gray', 481, 361],
] as const) {
  t.test(
    `what is written as ${format} reaches ffmpeg to the byte and the microsecond, big steps in time included`,
    async (t) => {
      const times = [1_000_000_000, 1_000_000_001, 1_000_041_708, 1_000_083_417, 4_600_000_000, 90_000_000_000];
      const size = pictureBytes(format, width, height);
      const pictures = times.map((_, n) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + n * 31) & 255));
      const writer = createNutWriter({ format, width, height, pixelAspect: [16, 11], frameRate: [24_000, 1001] });
      const bytes = Buffer.concat([
        writer.head,
        ...pictures.flatMap((data, n) => [writer.frameHead(times[n]!, data.length), data]),
      ]);

      const own = read(bytes, 5000);
      t.same(
        own.frames.map(({ ptsUs }) => ptsUs),
        times,
        'our own reader',
      );

      const through = run(['-copyts', '-f', 'nut', '-i', '-', '-map', '0', '-c', 'copy', '-f', 'nut', '-'], bytes);
      const { streams, frames } = read(through, 65_536);
      t.match(streams[0], { width, height, pixelAspect: [16, 11] });
      t.same(
        frames.map(({ ptsUs }) => ptsUs),
        times,
        'through ffmpeg',
      );
      for (const [n, { data }] of frames.entries()) t.ok(Buffer.from(data).equals(pictures[n]!), `picture ${n}`);
    },
  );
}
