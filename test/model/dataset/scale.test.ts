import t from 'tap';
import { fitInside, scalePicture } from '../../../model/dataset/scale.js';

t.test('pictures scale to any size, a constant one stays constant', async (t) => {
  const picture = { width: 7, height: 5, data: new Uint8Array(7 * 5 * 3).fill(77) };
  for (const [width, height] of [
    [3, 9],
    [14, 10],
    [1, 1],
  ] as const) {
    const scaled = await scalePicture(picture, width, height);
    t.same([scaled.width, scaled.height], [width, height]);
    t.same([...scaled.data], new Array(width * height * 3).fill(77));
  }
  t.equal(await scalePicture(picture, 7, 5), picture);
});

t.test('a picture is fitted inside a box with its aspect kept, and enlarged where it is smaller', async (t) => {
  t.same(fitInside({ width: 960, height: 540 }, { width: 480, height: 360 }), { width: 480, height: 270 });
  t.same(fitInside({ width: 1080, height: 1920 }, { width: 480, height: 360 }), { width: 203, height: 360 });
  t.same(fitInside({ width: 320, height: 200 }, { width: 480, height: 360 }), { width: 480, height: 300 });
});
