import { from, lastValueFrom, of, toArray } from 'rxjs';
import t from 'tap';
import { exclude, type Region } from '../../operators/exclude.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import { overlay } from '../../operators/overlay.js';
import { fakeSegmentedFrame } from './fake-frame.js';

const excluded = (frame: SegmentedFrame, ...regions: Region[]) => lastValueFrom(of(frame).pipe(exclude(regions)));

const rectangle = (left: number, top: number, right: number, bottom: number): Region => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

/** A mask as rows of text: `.` for void. */
function drawn({ mask: { width, data } }: SegmentedFrame): string[] {
  const text = [...data].map((index) => (index === 255 ? '.' : index)).join('');
  return text.match(new RegExp(`.{${width}}`, 'g'))!;
}

const blank = (width: number, height: number) =>
  fakeSegmentedFrame({ mask: { width, height, data: new Uint8Array(width * height) } });

t.test('pixels whose centres are in a region have no class, and count in no share', async (t) => {
  const frame = fakeSegmentedFrame();
  const got = await excluded(frame, rectangle(0, 0.6, 1, 1));
  t.same(drawn(got), ['0000', '0000', '....']);
  t.same(got.shares, [8 / 12, 0]);
  t.type(got.stepTimes.exclude, 'number');
  t.same([...frame.mask.data], Array(12).fill(0), 'the frame that came is untouched');
});

t.test('any polygon, in either direction, also one that crosses itself or has a dent', async (t) => {
  const triangle: Region = [
    [0, 0],
    [1, 0],
    [0, 1],
  ];
  t.same(drawn(await excluded(blank(8, 4), triangle)), ['.......0', '.....000', '...00000', '.0000000']);
  t.same(drawn(await excluded(blank(8, 4), [...triangle].reverse())), ['.......0', '.....000', '...00000', '.0000000']);
  const glass: Region = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  t.same(drawn(await excluded(blank(8, 4), glass)), ['0......0', '000..000', '000..000', '0......0']);
  const dented: Region = [
    [0, 0],
    [0.5, 0.5],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  t.same(drawn(await excluded(blank(8, 4), dented)), ['.000000.', '...00...', '........', '........']);
});

t.test('regions may overlap, and be too thin for a pixel or as large as the picture', async (t) => {
  const left = rectangle(0, 0, 0.5, 1);
  const all = rectangle(0, 0, 1, 1);
  const thin: Region = [
    [0.45, 0],
    [0.5, 0],
    [0.5, 1],
  ];
  t.same(drawn(await excluded(blank(4, 2), left, left)), ['..00', '..00']);
  t.same(drawn(await excluded(blank(4, 2), thin)), ['0000', '0000']);
  const none = await excluded(blank(4, 2), left, all);
  t.same(drawn(none), ['....', '....']);
  t.same(none.shares, [0, 0]);
  t.same(drawn(await excluded(blank(4, 2))), ['0000', '0000']);
});

t.test('masks of different sizes are taken in turn', async (t) => {
  const top = rectangle(0, 0, 1, 0.5);
  const frames = [blank(2, 2), blank(1, 4), blank(2, 2)];
  const got = await lastValueFrom(from(frames).pipe(exclude([top]), toArray()));
  t.same(got.map(drawn), [
    ['..', '00'],
    ['.', '.', '0', '0'],
    ['..', '00'],
  ]);
});

t.test('an overlay leaves such a region as it is', async (t) => {
  const whole = rectangle(0, 0, 1, 1);
  const [painted] = await lastValueFrom(of(fakeSegmentedFrame()).pipe(exclude([whole]), overlay(), toArray()));
  t.same(painted!.overlay.data, painted!.picture.data);
});

t.test('what is no region is refused', async (t) => {
  for (const wrong of [
    'road',
    null,
    [[]],
    [[[0, 0]]],
    [[[0, 0], [1, 0], [1]]],
    [
      [
        [0, 0],
        [1, 0],
        [1, 1.1],
      ],
    ],
    [
      [
        [0, 0],
        [1, 0],
        [1, Number.NaN],
      ],
    ],
    [
      [
        [0, 0],
        [1, 0],
        ['1', 1],
      ],
    ],
  ]) {
    t.throws(() => exclude(wrong as unknown as Region[]), {
      code: 'OPTION_INVALID',
      message: /^Expected regions to be regions of three or more corners \[x, y\] from 0 to 1/,
    });
  }
});
