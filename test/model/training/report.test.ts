import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeTrainingReport } from '../../../model/training/report.js';

const classes = [{ name: 'road', colour: [1, 2, 3] as const }];
const scores = (mIoU: number) => ({ G: 50, C: 50, mIoU, perClass: [{ recall: 50, IoU: mIoU }] });

/** The report of a log with these events. */
async function reportOf(folder: string, events: readonly object[]): Promise<string> {
  writeFileSync(join(folder, 'log.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeTrainingReport(folder, 'Tiny', classes, []);
  return readFileSync(join(folder, 'report.html'), 'utf8');
}

t.test('an epoch that was cut off by a kill and taken again counts once, as it was the last time', async (t) => {
  const html = await reportOf(t.testdir({}), [
    { kind: 'epoch', epoch: 0, loss: 3 },
    { kind: 'epoch', epoch: 1, loss: 2 },
    { kind: 'validation', epoch: 1, scores: scores(11) },
    { kind: 'epoch', epoch: 1, loss: 1.5 },
    { kind: 'validation', epoch: 1, scores: scores(12) },
  ]);
  const titles = [...html.matchAll(/<title>(epoch [^<]*)<\/title>/g)].map(([, title]) => title!);
  t.same(titles, [
    'epoch 1: 3.000',
    'epoch 2: 1.500',
    ...['50.000', '50.000', '12.000'].map((score) => `epoch 2: ${score}`),
  ]);
});

t.test('the axis of a single epoch names no second one', async (t) => {
  const html = await reportOf(t.testdir({}), [{ kind: 'epoch', epoch: 0, loss: 3 }]);
  t.match(html, />epoch 1</);
  t.notMatch(html, /epoch 2|NaN|Infinity/);
});
