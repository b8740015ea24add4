import t from 'tap';
import { pairPictures } from '../../operators/pair-pictures.js';

const piped = (ptsUs: number) => ({ ptsUs, arrivedAt: 0, data: new Uint8Array(1) });

t.test('pictures are paired by their times, however far one queue is ahead', async (t) => {
  const given: number[][] = [];
  const pairs = pairPictures(
    (picture, fitted) => given.push([picture.ptsUs, fitted.ptsUs]),
    () => true,
  );
  for (const us of [0, 1, 2]) pairs.addPicture(piped(us));
  t.same(given, []);
  for (const us of [0, 2]) pairs.addFitted(piped(us));
  t.same(given, [
    [0, 0],
    [2, 2],
  ]);
  pairs.addFitted(piped(3));
  pairs.addFitted(piped(4));
  pairs.addPicture(piped(4));
  t.same(given.at(-1), [4, 4], 'a picture without its counterpart is left out');
});

t.test('pairs wait until they may go on, and stop where one of them ends it', async (t) => {
  const given: number[] = [];
  let isReady = false;
  const pairs = pairPictures(
    ({ ptsUs }) => {
      given.push(ptsUs);
      isReady = ptsUs < 1;
    },
    () => isReady,
  );
  for (const us of [0, 1, 2]) {
    pairs.addPicture(piped(us));
    pairs.addFitted(piped(us));
  }
  t.same(given, []);
  isReady = true;
  pairs.flush();
  t.same(given, [0, 1]);
});
