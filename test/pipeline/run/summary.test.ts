import t from 'tap';
import { describeFile, describeRun, type FileSummary, summarise } from '../../../pipeline/run/summary.js';

const done: FileSummary = {
  input: 'dash.mp4',
  outcome: 'done',
  outputs: { output: '/out/dash-overlay.mp4' },
  frames: 250,
  seconds: 10,
  framesPerSecond: 25,
  steps: { decode: { p50: 3.1, p95: 4, p99: 9.25 }, segment: { p50: 38, p95: 41, p99: 60 } },
  notes: [{ code: 'INPUT_TRUNCATED', message: 'dash.mp4 was cut off' }],
};
const whole: FileSummary = { ...done, notes: [] };
const failed: FileSummary = {
  ...done,
  input: 'bad.mp4',
  outcome: 'failed',
  outputs: {},
  frames: 0,
  steps: {},
  notes: [],
  error: { code: 'INPUT_MISSING', message: 'No such file: bad.mp4' },
};

t.test('a file that is done says where it went, how fast, and what its steps took', async (t) => {
  t.equal(
    describeFile(done),
    [
      'dash.mp4 -> /out/dash-overlay.mp4: 250 frames in 10 s (25 frames/s)',
      '  dash.mp4 was cut off',
      '  ms             p50        p95        p99',
      '  decode         3.1          4       9.25',
      '  segment         38         41         60',
    ].join('\n'),
  );
});

t.test('the other outcomes say what to do or what went wrong', async (t) => {
  t.equal(describeFile(failed), 'bad.mp4: No such file: bad.mp4 [INPUT_MISSING]');
  t.match(
    describeFile({ ...done, outcome: 'skipped', steps: {}, notes: [] }),
    /is up to date \(--overwrite does it again\)$/,
  );
  t.match(describeFile({ ...done, outcome: 'stopped', steps: {}, notes: [] }), /: stopped after 250 frames$/);
  t.match(describeFile({ ...failed, outcome: 'stopped' }), /: stopped before its first frame$/);
});

t.test('a run adds up its files', async (t) => {
  const summary = summarise([whole, failed, { ...failed, outcome: 'skipped' }], 12.345, false, 'onnx on cpu');
  t.match(summary, {
    engine: 'onnx on cpu',
    done: 1,
    skipped: 1,
    failed: 1,
    stopped: false,
    frames: 250,
    seconds: 12.35,
  });
  t.equal(describeRun(summary), '3 files: 1 done, 1 skipped, 1 failed; 250 frames in 12 s');
  t.match(describeRun(summarise([{ ...failed, outcome: 'stopped' }], 0, true)), /^1 file: 1 stopped; 0 frames/);
  t.match(describeRun(summarise([], 0, false)), /^0 files: nothing done/);
});

t.test('files that are not whole are counted, and of many named', async (t) => {
  t.match(describeRun(summarise([done, whole], 1, false)), /^2 files: 2 done, 1 damaged or incomplete; /);
  const many = Array.from({ length: 12 }, () => whole);
  t.match(describeRun(summarise([...many, done], 1, false)), /^dash\.mp4: dash\.mp4 was cut off\n13 files: /);
});

t.test('of many files those that failed stand together at the end', async (t) => {
  const many = Array.from({ length: 12 }, (_, i) => (i === 4 ? failed : { ...whole, input: `${i}.mp4` }));
  const [first, last, ...more] = describeRun(summarise(many, 60, false, 'onnx on cpu')).split('\n');
  t.equal(first, describeFile(failed));
  t.match(last, /^12 files: 11 done, 1 failed; /);
  t.same(more, []);
  const again = many.map((file): FileSummary => ({ ...file, outcome: 'skipped', frames: 0 }));
  t.match(
    describeRun(summarise(again, 1, false)),
    /^12 files: 12 skipped \(up to date; --overwrite does them again\); /,
  );
});
