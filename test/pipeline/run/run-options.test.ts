import t from 'tap';
import { flagOf } from '../../../pipeline/options/flag.js';
import { checkRunOptions, type RunOptions } from '../../../pipeline/run/run-options.js';

const check = (options: object) => checkRunOptions({ inputs: 'a.mp4', ...options } as RunOptions, flagOf);

t.test('everything has its default', async (t) => {
  t.match(check({}), {
    inputs: ['a.mp4'],
    visualize: 'overlay',
    opacity: 0.5,
    stride: 1,
    start: 0,
    batch: 1,
    overwrite: false,
    palette: 'weights',
    engine: { engine: 'auto', provider: 'auto', precision: 'auto' },
  });
});

t.test('opacity may be given as jetson-inference counts it', async (t) => {
  t.equal(check({ alpha: 255 }).opacity, 1);
  t.equal(check({ alpha: 51 }).opacity, 0.2);
  t.throws(() => check({ alpha: 51, opacity: 0.2 }), {
    code: 'OPTION_INVALID',
    message: /--alpha to be left out where --opacity is given/,
  });
});

t.test('times, sizes and shards may be text', async (t) => {
  t.match(check({ start: '1:00', duration: '10', size: '96x64', shard: '1/2' }), {
    start: 60,
    duration: 10,
    size: { width: 96, height: 64 },
    shard: { index: 1, count: 2 },
  });
});

t.test('every wrong value is refused by the name its user knows', async (t) => {
  const wrong: Record<string, unknown> = {
    opacity: 'x',
    alpha: 256,
    visualize: 'masks',
    stride: 0,
    start: 'soon',
    duration: 0,
    batch: 1.5,
    size: '4x4',
    crf: 99,
    shard: '3/2',
    engine: 'torch',
    provider: 'gpu',
    precision: 'int4',
    threads: 0,
    output: '',
    hwaccel: '',
    maskVideo: '',
    network: '',
  };
  for (const [option, value] of Object.entries(wrong)) {
    const expected = { code: 'OPTION_INVALID', message: new RegExp(`^Expected ${flagOf(option)} to be .*, got \``) };
    t.throws(() => check({ [option]: value }), expected, flagOf(option));
  }
  t.throws(() => checkRunOptions({ inputs: [] }), { code: 'OPTION_INVALID', message: /^Expected inputs/ });
  t.throws(
    () => checkRunOptions({ inputs: 'a', opacity: 2 }),
    { message: /^Expected opacity to be/ },
    'a program knows it without dashes',
  );
});

t.test('a run that would write nothing is refused', async (t) => {
  t.throws(() => check({ visualize: 'none' }), { code: 'OPTION_INVALID', message: /--masks, --mask-video, --frames/ });
  t.equal(check({ visualize: 'none', frames: 'f.jsonl' }).visualize, 'none');
});

t.test('an encoder that nobody knows is refused before any work', async (t) => {
  t.equal(check({ encoder: 'nvenc' }).encoder, 'nvenc');
  t.throws(() => check({ encoder: 'nope' }), {
    code: 'OPTION_INVALID',
    message: /^Expected --encoder to be one of auto, .*got nope/,
  });
});
