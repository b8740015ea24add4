import { stat } from 'node:fs/promises';
import { filter, lastValueFrom, map, take, toArray } from 'rxjs';
import type { ClassSet } from '../model/classes.js';
import { readLabels } from '../model/dataset/labels.js';
import { readPicture } from '../model/dataset/picture.js';
import { fitInside, scalePicture } from '../model/dataset/scale.js';
import type { RgbPicture } from '../model/engine.js';
import { Failure } from '../model/failure.js';
import { type Measured, type QuantiseOptions, quantiseWeights } from '../model/quantisation/quantise-weights.js';
import { scaleMask } from '../model/scale-mask.js';
import type { Size } from '../model/size.js';
import { refuseCheckpoint } from '../model/training/checkpoint.js';
import { readWeights, type WeightsCard, writeWeights } from '../model/weights.js';
import { decode } from '../operators/decode.js';
import { checkOutput } from '../operators/output-failure.js';
import { openLabelled } from './evaluate.js';
import { findInputs } from './run/find-inputs.js';

/** What `segnet-stream quantize` takes. */
export interface QuantizeOptions {
  /** The weights file, which is rewritten with the calibration in its card, or copied to `output`. */
  readonly weights: string;
  /** A folder of pictures or a video: what the network will see. */
  readonly calibrate: string;
  /** The labels of the pictures: int8 is judged by mIoU with them, and without by how many pixels agree with float32. */
  readonly labels?: string;
  /** How the labels number the classes. Without one, as the known set that has the weights' classes, else by index. */
  readonly classSet?: ClassSet;
  readonly output?: string;
  /** Number of pictures to calibrate with. @default 32 */
  readonly pictures?: number;
  /** Hears of each calibration that was tried, its number from 1, and how many there are at most. */
  readonly onTrial?: QuantiseOptions['onTrial'];
  readonly signal?: AbortSignal;
}

/** What `segnet-stream quantize` made. */
export interface QuantizeResult {
  readonly path: string;
  /** With the calibration, and what was measured with it. */
  readonly card: WeightsCard;
  readonly measured: Measured;
  /** Fewer pictures than asked for; a loss above what is tolerated. */
  readonly warnings: readonly string[];
}

/** One frame in so many is taken from a video: neighbours teach nothing new. */
const VIDEO_STRIDE = 10;

/**
 * Calibrates a weights file for int8.
 *
 * @throws `Failure` `INPUT_MISSING` where there is nothing to calibrate with, `INPUT_UNREADABLE`; `OPTION_INVALID` for labels of a video; `OUTPUT_UNWRITABLE`; as `refuseCheckpoint`, `readWeights`, `openPairs`, `decode` and `quantiseWeights`.
 */
export async function quantize(options: QuantizeOptions): Promise<QuantizeResult> {
  const { weights: path, calibrate, labels, output = path, pictures: count = 32 } = options;
  await refuseCheckpoint(path);
  const weights = await readWeights(path);
  const found = await stat(calibrate).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Failure('INPUT_MISSING', `Expected a folder of pictures or a video at ${calibrate}, found none`)
      : new Failure('INPUT_UNREADABLE', `Could not look at ${calibrate}: ${error.message}`, { cause: error });
  });
  if (labels !== undefined && !found.isDirectory()) {
    throw new Failure('OPTION_INVALID', `Expected labels with a folder of pictures alone, but ${calibrate} is a video`);
  }
  const samples = found.isDirectory()
    ? await readSamples(calibrate, labels, weights.card, count, options.classSet)
    : { pictures: await readVideo(calibrate, weights.card, count, options.signal) };
  options.signal?.throwIfAborted();
  // Said before the work, which can take minutes.
  await checkOutput(output);
  if (samples.pictures.length === 0) {
    throw new Failure('INPUT_MISSING', `Expected pictures to calibrate with in ${calibrate}, found none`);
  }
  const quantised = await quantiseWeights(weights, {
    ...samples,
    ...(options.onTrial && { onTrial: options.onTrial }),
    ...(options.signal && { signal: options.signal }),
  });
  options.signal?.throwIfAborted();
  await writeWeights(output, quantised);
  const { card, measured } = quantised;
  return { path: output, card, measured, warnings: warningsOf(measured, count) };
}

/** What is to be known of a calibration for which so many pictures were asked. */
export function warningsOf({ pictures, agreement, mIoU, loss, tolerance }: Measured, wanted: number): string[] {
  const warnings: string[] = [];
  if (pictures < wanted)
    warnings.push(`Only ${pictures} of ${wanted} pictures were there: ranges of few may not hold for others`);
  if (loss > tolerance) {
    const lost =
      mIoU === undefined
        ? `${loss.toFixed(2)} % of pixels have another class in int8 than in float32, more than the ${tolerance} % that are tolerated`
        : `int8 loses ${loss.toFixed(2)} points (of mIoU, and a tenth of the ${(100 - agreement).toFixed(2)} % of pixels that differ), more than the ${tolerance} tolerated`;
    warnings.push(`${lost}: calibrate with pictures more like those of its use, or run it with --precision float32`);
  }
  return warnings;
}

async function readSamples(
  folder: string,
  labels: string | undefined,
  { inputSize, classes }: WeightsCard,
  count: number,
  chosenSet: ClassSet | undefined,
) {
  if (labels === undefined) {
    const { inputs } = await findInputs([folder], { recursive: false });
    const images = inputs.filter(({ kind }) => kind === 'image').map(({ path }) => path);
    return { pictures: (await readFitted(spread(images, count), inputSize)).pictures };
  }
  const { items, classSet } = await openLabelled(folder, labels, classes, chosenSet);
  const chosen = spread(items, count);
  const paths = chosen.map(({ imagePath }) => imagePath);
  const { pictures, width, height } = await readFitted(paths, inputSize);
  const truths = chosen.map(
    async ({ labelPath }) => scaleMask(await readLabels(labelPath, classSet), width, height).data,
  );
  return { pictures, truths: await Promise.all(truths) };
}

/** Reads pictures at the size that most of them have when they are fitted to the network: the graph that sees them is made for one size. */
async function readFitted(paths: readonly string[], box: Size) {
  const fit = async (path: string) => {
    const picture = await readPicture(path);
    const { width, height } = fitInside(picture, box);
    return scalePicture(picture, width, height);
  };
  const fitted = await Promise.all(paths.map(fit));
  const { width, height } = mostFrequentSize(fitted) ?? box;
  return { pictures: await Promise.all(fitted.map((each) => scalePicture(each, width, height))), width, height };
}

function mostFrequentSize(pictures: readonly RgbPicture[]): Size | undefined {
  const counts = new Map<string, { readonly size: Size; count: number }>();
  for (const { width, height } of pictures) {
    const entry = counts.get(`${width}x${height}`) ?? { size: { width, height }, count: 0 };
    entry.count += 1;
    counts.set(`${width}x${height}`, entry);
  }
  return [...counts.values()].sort((left, right) => right.count - left.count)[0]?.size;
}

function readVideo(
  path: string,
  { inputSize }: WeightsCard,
  count: number,
  signal?: AbortSignal,
): Promise<RgbPicture[]> {
  return lastValueFrom(
    decode(path, { fit: inputSize, signal }).pipe(
      filter(({ index }) => index % VIDEO_STRIDE === 0),
      map(({ input }) => input),
      take(count),
      toArray(),
    ),
  );
}

/** At most `count` of the items, evenly from first to last. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
