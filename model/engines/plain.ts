import type { ClassMask, RgbPicture } from '../engine.js';
import { applyRule, inputsOf, type Layer, type LayerRules } from '../layer.js';
import type { Network } from '../network.js';
import { slidingWindow, transposedWindow } from '../shapes.js';
import type { Weights, WeightsCard } from '../weights.js';

/*
 * Every layer as loops over numbers: slow, small, and the truth that the engines are tested against. Sums are taken in
 * float64 and stored in float32, so an engine's own rounding is the only difference that is left.
 */

/** The output of one layer: channels one after the other, each row-major. */
export interface FeatureMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

function emptyMap(channels: number, height: number, width: number): FeatureMap {
  return { channels, height, width, data: new Float32Array(channels * height * width) };
}

/** The picture as the first layer sees it: channels apart, `(pixel / 255 - mean) / std`. */
function normalisePicture(picture: RgbPicture, { mean, std }: WeightsCard['normalisation']): FeatureMap {
  const map = emptyMap(3, picture.height, picture.width);
  const pixels = picture.width * picture.height;
  for (let channel = 0; channel < 3; channel += 1) {
    for (let i = 0; i < pixels; i += 1) {
      map.data[channel * pixels + i] = (picture.data[3 * i + channel]! / 255 - mean[channel]!) / std[channel]!;
    }
  }
  return map;
}

/** What a layer's loops read besides the layer: its inputs, its parameters by suffix, other layers' outputs. */
interface Context {
  readonly inputs: readonly FeatureMap[];
  readonly parameter: (suffix: string) => Float32Array;
  readonly map: (name: string) => FeatureMap;
  readonly inputOf: (name: string) => FeatureMap;
}

type Steps = LayerRules<[context: Context], FeatureMap>;

const STEPS: Steps = {
  input: (_layer, { inputs }) => inputs[0]!,

  conv: ({ filters, kernel, stride, dilation, groups, bias }, { inputs, parameter }) => {
    const input = inputs[0]!;
    const rows = slidingWindow(input.height, kernel[0], stride, dilation);
    const columns = slidingWindow(input.width, kernel[1], stride, dilation);
    const output = emptyMap(filters, rows.out, columns.out);
    const { data } = input;
    const weight = parameter('weight');
    const sums = new Float64Array(rows.out * columns.out);
    const perGroup = input.channels / groups;
    for (let filter = 0; filter < filters; filter += 1) {
      sums.fill(bias ? parameter('bias')[filter]! : 0);
      const firstChannel = Math.floor(filter / (filters / groups)) * perGroup;
      for (let channel = 0; channel < perGroup; channel += 1) {
        const plane = (firstChannel + channel) * input.height * input.width;
        for (let ky = 0; ky < kernel[0]; ky += 1) {
          for (let kx = 0; kx < kernel[1]; kx += 1) {
            const factor = weight[((filter * perGroup + channel) * kernel[0] + ky) * kernel[1] + kx]!;
            const left = kx * dilation - columns.before;
            const firstX = Math.max(0, Math.ceil(-left / stride));
            const lastX = Math.min(columns.out - 1, Math.floor((input.width - 1 - left) / stride));
            for (let y = 0; y < rows.out; y += 1) {
              const inputY = y * stride + ky * dilation - rows.before;
              if (inputY < 0 || inputY >= input.height) continue;
              const from = plane + inputY * input.width + left;
              const to = y * columns.out;
              for (let x = firstX; x <= lastX; x += 1) sums[to + x]! += factor * data[from + x * stride]!;
            }
          }
        }
      }
      output.data.set(sums, filter * sums.length);
    }
    return output;
  },

  deconv: ({ filters, kernel, stride, bias, like }, { inputs, parameter, map }) => {
    const input = inputs[0]!;
    const { height, width } = map(like);
    const rows = transposedWindow(input.height, kernel[0], stride, height);
    const columns = transposedWindow(input.width, kernel[1], stride, width);
    const output = emptyMap(filters, height, width);
    const weight = parameter('weight');
    const sums = new Float64Array(height * width);
    for (let filter = 0; filter < filters; filter += 1) {
      sums.fill(bias ? parameter('bias')[filter]! : 0);
      for (let channel = 0; channel < input.channels; channel += 1) {
        for (let inputY = 0; inputY < input.height; inputY += 1) {
          for (let inputX = 0; inputX < input.width; inputX += 1) {
            const value = input.data[(channel * input.height + inputY) * input.width + inputX]!;
            if (value === 0) continue;
            for (let ky = 0; ky < kernel[0]; ky += 1) {
              const y = inputY * stride + ky - rows.before;
              if (y < 0 || y >= height) continue;
              for (let kx = 0; kx < kernel[1]; kx += 1) {
                const x = inputX * stride + kx - columns.before;
                if (x < 0 || x >= width) continue;
                sums[y * width + x]! +=
                  value * weight[((channel * filters + filter) * kernel[0] + ky) * kernel[1] + kx]!;
              }
            }
          }
        }
      }
      output.data.set(sums, filter * sums.length);
    }
    return output;
  },

  maxPool: ({ kernel, stride }, { inputs }) => {
    const input = inputs[0]!;
    const { height, width, positions } = maximaOf(input, kernel, stride);
    const output = emptyMap(input.channels, height, width);
    positions.forEach((position, i) => {
      output.data[i] = input.data[position]!;
    });
    return output;
  },

  maxUnpool: ({ indicesOf }, { inputs, inputOf }) => {
    const before = inputOf(indicesOf);
    const output = emptyMap(before.channels, before.height, before.width);
    maximaOf(before, 2, 2).positions.forEach((position, i) => {
      output.data[position] = inputs[0]!.data[i]!;
    });
    return output;
  },

  batchNorm: ({ epsilon }, { inputs, parameter }) => {
    const [gamma, beta] = [parameter('weight'), parameter('bias')];
    const [mean, variance] = [parameter('running_mean'), parameter('running_var')];
    return mapValues(inputs[0]!, (value, channel) => {
      const factor = gamma[channel]! / Math.sqrt(variance[channel]! + epsilon);
      return (value - mean[channel]!) * factor + beta[channel]!;
    });
  },

  relu: (_layer, { inputs }) => mapValues(inputs[0]!, (value) => Math.max(value, 0)),

  prelu: (_layer, { inputs, parameter }) => {
    const slope = parameter('weight');
    return mapValues(inputs[0]!, (value, channel) => (value < 0 ? value * slope[channel]! : value));
  },

  add: (_layer, { inputs }) => {
    const [left, right] = inputs as [FeatureMap, FeatureMap];
    return { ...left, data: left.data.map((value, i) => value + right.data[i]!) };
  },

  concat: (_layer, { inputs }) => {
    const { height, width } = inputs[0]!;
    const output = emptyMap(
      inputs.reduce((sum, { channels }) => sum + channels, 0),
      height,
      width,
    );
    let offset = 0;
    for (const { data } of inputs) {
      output.data.set(data, offset);
      offset += data.length;
    }
    return output;
  },

  resizeBilinear: ({ like }, { inputs, map }) => {
    const input = inputs[0]!;
    const { height, width } = map(like);
    const output = emptyMap(input.channels, height, width);
    // Corners aligned: the first and last pixels of both sizes lie on each other.
    const scaleY = height > 1 ? (input.height - 1) / (height - 1) : 0;
    const scaleX = width > 1 ? (input.width - 1) / (width - 1) : 0;
    for (let channel = 0; channel < input.channels; channel += 1) {
      const at = (y: number, x: number) => input.data[(channel * input.height + y) * input.width + x]!;
      for (let y = 0; y < height; y += 1) {
        const top = Math.floor(y * scaleY);
        const bottom = Math.min(top + 1, input.height - 1);
        const down = y * scaleY - top;
        for (let x = 0; x < width; x += 1) {
          const left = Math.floor(x * scaleX);
          const right = Math.min(left + 1, input.width - 1);
          const across = x * scaleX - left;
          const above = at(top, left) * (1 - across) + at(top, right) * across;
          const below = at(bottom, left) * (1 - across) + at(bottom, right) * across;
          output.data[(channel * height + y) * width + x] = above * (1 - down) + below * down;
        }
      }
    }
    return output;
  },

  padChannels: ({ channels }, { inputs }) => {
    const { height, width, data } = inputs[0]!;
    const output = emptyMap(channels, height, width);
    output.data.set(data);
    return output;
  },

  dropout: (_layer, { inputs }) => inputs[0]!,
};

function mapValues(input: FeatureMap, change: (value: number, channel: number) => number): FeatureMap {
  const pixels = input.height * input.width;
  return { ...input, data: input.data.map((value, i) => change(value, Math.floor(i / pixels))) };
}

/** Where in the input's data each window of a pool has its first maximum in row-major order. */
function maximaOf(input: FeatureMap, kernel: number, stride: number) {
  const rows = slidingWindow(input.height, kernel, stride);
  const columns = slidingWindow(input.width, kernel, stride);
  const positions = new Uint32Array(input.channels * rows.out * columns.out);
  let window = 0;
  for (let channel = 0; channel < input.channels; channel += 1) {
    for (let row = 0; row < rows.out; row += 1) {
      for (let column = 0; column < columns.out; column += 1) {
        let best = -1;
        for (let ky = 0; ky < kernel; ky += 1) {
          const y = row * stride + ky - rows.before;
          if (y < 0 || y >= input.height) continue;
          for (let kx = 0; kx < kernel; kx += 1) {
            const x = column * stride + kx - columns.before;
            if (x < 0 || x >= input.width) continue;
            const position = (channel * input.height + y) * input.width + x;
            if (best < 0 || input.data[position]! > input.data[best]!) best = position;
          }
        }
        positions[window] = best;
        window += 1;
      }
    }
  }
  return { height: rows.out, width: columns.out, positions };
}

/** The class with the highest score at each pixel, the first of equals. */
export function maskOf(scores: FeatureMap): ClassMask {
  const pixels = scores.height * scores.width;
  const data = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i += 1) {
    let best = 0;
    for (let channel = 1; channel < scores.channels; channel += 1) {
      if (scores.data[channel * pixels + i]! > scores.data[best * pixels + i]!) best = channel;
    }
    data[i] = best;
  }
  return { width: scores.width, height: scores.height, data };
}

/**
 * Runs a network on a picture, one layer after the other in plain JavaScript. `outputs` holds every layer's, by name.
 * About 1e9 multiply-adds a second: for tests, small pictures and looking inside.
 */
export function runPlain(
  network: Network,
  { card, tensors }: Pick<Weights, 'tensors'> & { readonly card: Pick<WeightsCard, 'normalisation'> },
  picture: RgbPicture,
): { readonly scores: FeatureMap; readonly mask: ClassMask; readonly outputs: ReadonlyMap<string, FeatureMap> } {
  return runPlainLayers(network.layers, tensors, normalisePicture(picture, card.normalisation));
}

/** As `runPlain`, from any list of layers and an input that is already a map of numbers. */
export function runPlainLayers(layers: readonly Layer[], tensors: Weights['tensors'], input: FeatureMap) {
  const outputs = new Map<string, FeatureMap>();
  const inputs = new Map<string, FeatureMap>();
  let scores = input;
  for (const layer of layers) {
    const from = layer.op === 'input' ? [input] : inputsOf(layer).map((name) => outputs.get(name)!);
    inputs.set(layer.name, from[0]!);
    scores = applyRule(STEPS, layer, {
      inputs: from,
      parameter: (suffix) => tensors.get(`${layer.name}.${suffix}`)!.data,
      map: (name) => outputs.get(name)!,
      inputOf: (name) => inputs.get(name)!,
    });
    outputs.set(layer.name, scores);
  }
  return { scores, mask: maskOf(scores), outputs };
}
