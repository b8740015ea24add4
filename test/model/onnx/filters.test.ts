import t from 'tap';
import type { FeatureMap } from '../../../model/engines/plain.js';
import { fillNormal, seededRandom } from '../../../model/initial-weights.js';
import {
  blockPhases,
  type Filters,
  fitFilters,
  makeFilters,
  roundFilters,
  transposedPhases,
} from '../../../model/onnx/filters.js';
import { transposedWindow } from '../../../model/shapes.js';

const random = seededRandom(9);
const normal = (count: number) => fillNormal(new Float32Array(count), 1, random);

/** A convolution in which nothing is padded but what is asked for, at every place of the output asked for. */
function convolve(
  input: FeatureMap,
  filters: Filters,
  [top, left]: readonly [number, number],
  height: number,
  width: number,
) {
  const at = (channel: number, y: number, x: number) =>
    y < 0 || x < 0 || y >= input.height || x >= input.width
      ? 0
      : input.data[(channel * input.height + y) * input.width + x]!;
  const data = new Float32Array(filters.count * height * width);
  let place = 0;
  for (let filter = 0; filter < filters.count; filter += 1) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        let sum = filters.bias[filter]!;
        for (let channel = 0; channel < filters.channels; channel += 1) {
          for (let ky = 0; ky < filters.rows; ky += 1) {
            for (let kx = 0; kx < filters.columns; kx += 1) {
              const weight =
                filters.data[((filter * filters.channels + channel) * filters.rows + ky) * filters.columns + kx]!;
              sum += weight * at(channel, y + ky - top, x + kx - left);
            }
          }
        }
        data[place] = sum;
        place += 1;
      }
    }
  }
  return data;
}

/** A transposed convolution as it is defined: each input puts its kernel onto the output, which is cut. */
function transpose(
  input: FeatureMap,
  weight: Float32Array,
  bias: Float32Array,
  kernel: number,
  stride: number,
  wanted: number,
) {
  const { before } = transposedWindow(input.height, kernel, stride, wanted);
  const data = new Float32Array(bias.length * wanted * wanted);
  bias.forEach((offset, filter) => {
    data.fill(offset, filter * wanted * wanted, (filter + 1) * wanted * wanted);
  });
  input.data.forEach((value, i) => {
    const [channel, y, x] = [
      Math.floor(i / input.width / input.height),
      Math.floor(i / input.width) % input.height,
      i % input.width,
    ];
    for (let k = 0; k < bias.length * kernel * kernel; k += 1) {
      const filter = Math.floor(k / kernel / kernel);
      const [row, column] = [
        y * stride + (Math.floor(k / kernel) % kernel) - before,
        x * stride + (k % kernel) - before,
      ];
      if (row < 0 || column < 0 || row >= wanted || column >= wanted) continue;
      data[(filter * wanted + row) * wanted + column]! += value * weight[channel * bias.length * kernel * kernel + k]!;
    }
  });
  return data;
}

for (const [kernel, stride, size, wanted] of [
  [2, 2, 3, 5],
  [3, 2, 3, 6],
  [4, 2, 3, 5],
  [8, 2, 3, 6],
  [16, 8, 2, 13],
  [3, 1, 4, 4],
  [7, 1, 2, 2],
  [1, 1, 2, 2],
] as const) {
  t.test(
    `a ${kernel}x${kernel}/${stride} transposed convolution is one convolution for each row of its stride`,
    async (t) => {
      const input: FeatureMap = { channels: 2, height: size, width: size, data: normal(2 * size * size) };
      const weight = { shape: [2, 3, kernel, kernel], data: normal(6 * kernel * kernel) };
      const bias = normal(3);
      const expected = transpose(input, weight.data, bias, kernel, stride, wanted);
      const { before } = transposedWindow(size, kernel, stride, wanted);
      const phases = transposedPhases(weight, bias, stride, [before, before]);
      t.equal(phases.length, stride);
      const side = Math.ceil(wanted / stride);
      let worst = 0;
      phases.forEach(({ filters, before: pads }, rowPhase) => {
        const made = convolve(input, filters, pads, side, side);
        for (let filter = 0; filter < 3; filter += 1) {
          for (let y = rowPhase; y < wanted; y += stride) {
            for (let x = 0; x < wanted; x += 1) {
              const place = 16 * (x % stride) + filter;
              const value = made[(place * side + Math.floor(y / stride)) * side + Math.floor(x / stride)]!;
              worst = Math.max(worst, Math.abs(value - expected[(filter * wanted + y) * wanted + x]!));
            }
          }
        }
      });
      t.ok(worst < 1e-4, `apart by ${worst}`);
    },
  );
}

t.test('filters over blocks of 2x2 pixels give what filters over pixels give', async (t) => {
  const filters: Filters = { count: 2, channels: 3, rows: 5, columns: 5, data: normal(150), bias: normal(2) };
  const [height, width] = [6, 8];
  const padded: FeatureMap = { channels: 3, height: height + 4, width: width + 4, data: normal(3 * 10 * 12) };
  const expected = convolve(padded, filters, [0, 0], height, width);
  const blocks: FeatureMap = { channels: 12, height: 5, width: 6, data: new Float32Array(12 * 30) };
  for (let y = 0; y < 10; y += 1) {
    for (let x = 0; x < 12; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const block = ((y % 2) * 2 + (x % 2)) * 3 + channel;
        blocks.data[(block * 5 + (y >> 1)) * 6 + (x >> 1)] = padded.data[(channel * 10 + y) * 12 + x]!;
      }
    }
  }
  let worst = 0;
  blockPhases(filters, 16).forEach((phase, rowPhase) => {
    const made = convolve(blocks, phase.filters, phase.before, height / 2, width / 2);
    for (let filter = 0; filter < 2; filter += 1) {
      for (let y = rowPhase; y < height; y += 2) {
        for (let x = 0; x < width; x += 1) {
          const value = made[((16 * (x % 2) + filter) * (height / 2) + (y >> 1)) * (width / 2) + (x >> 1)]!;
          worst = Math.max(worst, Math.abs(value - expected[(filter * height + y) * width + x]!));
        }
      }
    }
  });
  t.ok(worst < 1e-4, `apart by ${worst}`);
});

t.test('rounded filters have a scale each, and a bias that cannot overflow', async (t) => {
  const filters = makeFilters(
    [3, 1, 1, 2],
    (filter, _channel, _row, column) => [1, -2, 0][filter]! * (3 * column + 1),
    (filter) => [0.5, 1e9, Number.NEGATIVE_INFINITY][filter]!,
  );
  const { weights, scales, bias } = roundFilters(filters, 0.1, 127);
  t.strictSame([...weights.slice(0, 2)], [32, 127]);
  t.ok(Math.abs(scales[0]! - 4 / 127) < 1e-6);
  t.ok(Math.abs(bias[0]! * 0.1 * scales[0]! - 0.5) < 0.001);
  t.ok(bias[1]! > 2 ** 29 && bias[1]! <= 2 ** 30, 'a coarser scale holds a large bias');
  t.equal(bias[2], -(2 ** 30), 'lowest');
  t.strictSame([...roundFilters(filters, 0.1, 63).weights.slice(0, 2)], [16, 63]);
});

t.test('filters are laid out for the places of their input and output', async (t) => {
  const filters = makeFilters(
    [2, 2, 1, 1],
    (filter, channel) => 10 * filter + channel + 1,
    (filter) => filter + 100,
  );
  const fitted = fitFilters(filters, [1, -1, 0], [0, -1, 1], -7);
  t.strictSame([...fitted.data], [2, 0, 1, 0, 0, 0, 12, 0, 11]);
  t.strictSame([...fitted.bias], [100, -7, 101]);
});
