import t from 'tap';
import { createReporter } from '../../../pipeline/run/report.js';
import type { FileSummary } from '../../../pipeline/run/summary.js';
import { standardError, writtenTo } from '../standard-error.js';

const file: FileSummary = {
  input: 'a.mp4',
  outcome: 'done',
  outputs: { output: 'a-overlay.mp4' },
  frames: 3,
  seconds: 1,
  framesPerSecond: 3,
  steps: {},
  notes: [],
};

/** Lets a reporter tell of one file on a stream and gives what it wrote. */
function told(isTTY: boolean, expectedFrames?: number): string {
  const stream = standardError(isTTY);
  const { onEvent, close } = createReporter(stream);
  onEvent({ kind: 'note', message: 'onnx on cpu' });
  onEvent({ kind: 'begin', input: 'a.mp4', number: 2, count: 7 });
  for (let frames = 1; frames <= 3; frames += 1) {
    onEvent({ kind: 'frame', input: 'a.mp4', frames, ...(expectedFrames !== undefined && { expectedFrames }) });
  }
  onEvent({ kind: 'end', file });
  close();
  return writtenTo(stream);
}

t.test('without a terminal there are plain lines alone, and not one a frame', async (t) => {
  t.equal(told(false, 3), 'onnx on cpu\na.mp4 -> a-overlay.mp4: 3 frames in 1 s (3 frames/s)\n');
});

t.test('on a terminal there is a bar that is gone when the file is done', async (t) => {
  const text = told(true, 3);
  t.match(text, '[2/7] a.mp4');
  t.match(text, /░/);
  t.match(text, /a\.mp4 -> a-overlay\.mp4.*frames\/s\)\n/);
});

t.test('a source that does not know its length has no bar and no end in sight', async (t) => {
  const text = told(true);
  t.match(text, /[123] frames/);
  t.notMatch(text, /left|%/);
});

t.test('what a stop came before has no line of its own', async (t) => {
  const stream = standardError(false);
  const { onEvent } = createReporter(stream);
  onEvent({ kind: 'begin', input: 'a.mp4', number: 1, count: 2 });
  onEvent({ kind: 'end', file: { ...file, outcome: 'stopped', outputs: {}, frames: 0 } });
  t.equal(writtenTo(stream), '');
});

t.test('what is up to date has a line of its own among few files alone', async (t) => {
  for (const [count, lines] of [
    [10, 1],
    [11, 0],
  ] as const) {
    const stream = standardError(false);
    const { onEvent } = createReporter(stream);
    onEvent({ kind: 'begin', input: 'a.mp4', number: 1, count });
    onEvent({ kind: 'end', file: { ...file, outcome: 'skipped', frames: 0 } });
    t.equal(writtenTo(stream).split('\n').length - 1, lines, `of ${count}`);
  }
});
