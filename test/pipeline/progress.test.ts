import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createProgress } from '../../pipeline/progress.js';
import { standardError, writtenTo } from './standard-error.js';

t.test('without a terminal there is a line now and then, with pace and time left once they are known', async (t) => {
  const stream = standardError(false);
  const { show, close } = createProgress(stream, 0);
  show('Scoring', 'pictures', 1, 10);
  show('Scoring', 'pictures', 2, undefined, 'loss 0.5');
  await sleep(600);
  show('Scoring', 'pictures', 4, 10, 'loss 0.4');
  close();
  const [first, second, last, ...more] = writtenTo(stream).split('\n');
  t.equal(first, 'Scoring: 1/10 pictures');
  t.equal(second, 'Scoring: 2 pictures, loss 0.5');
  t.match(last, /^Scoring: 4\/10 pictures, \d\.\d pictures\/s, \d+ s left, loss 0\.4$/);
  t.same(more, [''], 'and nothing else, least of all what moves a cursor');
});

t.test('lines are as rare as is asked for, and another thing waits as long for its first', async (t) => {
  const stream = standardError(false);
  const { show, say } = createProgress(stream, 60_000);
  for (let done = 1; done <= 100; done += 1) show(`epoch ${done % 2}`, 'images', done, 100);
  t.equal(writtenTo(stream), '');
  say('epoch 1: done');
  t.equal(writtenTo(stream), 'epoch 1: done\n');
});

t.test('on a terminal there is a bar, gone before a line that stays and before the next thing', async (t) => {
  const stream = standardError(true);
  const { show, say, close } = createProgress(stream);
  show('Reading', 'pictures', 5, 10);
  show('epoch 1', 'images', 1, 4);
  say('epoch 1: done');
  close();
  const text = writtenTo(stream);
  const [reading, epoch, said] = ['Reading ', 'epoch 1 ', 'epoch 1: done\n'].map((part) => text.indexOf(part));
  t.ok(reading! >= 0 && reading! < epoch! && epoch! < said!, text);
  t.match(text, /Reading █{12}░{12} 50% 5\/10 pictures/);
  t.match(text, /epoch 1 █{6}░{18} 25% 1\/4 images/);
});

t.test('more than was promised is all there is, and without a promise there is no bar', async (t) => {
  const stream = standardError(true);
  const { show, close } = createProgress(stream);
  show('long', 'frames', 12, 10);
  show('live', 'frames', 12);
  close();
  const text = writtenTo(stream);
  t.match(text, /long █{24} 100% 12\/12 frames/);
  t.match(text, /live 12 frames/);
});
