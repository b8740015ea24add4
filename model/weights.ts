import type { ClassLabel } from './engine.js';
import { Failure } from './failure.js';
import { isObject, notFinite, readSafetensors, type Tensor, writeSafetensors } from './safetensors.js';
import type { Size } from './size.js';

/** The input of a network's first layer is `(pixel / 255 - mean) / std`, for red, green and blue. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The metadata of a weights file: everything that is needed to use it, and how it was made. */
export interface WeightsCard {
  /** The network's name in the registry, `segnet-basic`. */
  readonly network: string;
  readonly classes: readonly ClassLabel[];
  readonly normalisation: Normalisation;
  /** The picture size that the weights were made for. */
  readonly inputSize: Size;
  /** How it was trained: data, recipe, epochs, hours, the command. Free text and numbers, for people to read. */
  readonly training?: Readonly<Record<string, unknown>>;
  /** Measured scores in per cent, each with the command that produced it. */
  readonly scores?: Readonly<Record<string, unknown>>;
  /** The range of each layer's values, for int8 (`Calibration` of calibration.ts). */
  readonly calibration?: Readonly<Record<string, unknown>>;
  readonly licence?: string;
  /** The limitations of the weights. */
  readonly limits?: string;
}

/** The contents of a weights file. */
export interface Weights {
  readonly card: WeightsCard;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Reads a weights file with its card.
 *
 * @throws `Failure` as `readSafetensors`; `WEIGHTS_INVALID` where it has no card of this project (a torchvision file, say), or
 * holds infinities or NaN.
 */
export async function readWeights(path: string): Promise<Weights> {
  const { metadata, tensors } = await readSafetensors(path);
  if (metadata.card === undefined) {
    throw new Failure(
      'WEIGHTS_INVALID',
      `Expected the weights file ${path} to carry a card of segnet-stream in its metadata, found none`,
    );
  }
  const card = parseCard(metadata.card);
  if (!isCard(card)) {
    throw new Failure('WEIGHTS_INVALID', `Expected the card of the weights file ${path} to hold ${CARD_FIELDS}`);
  }
  const broken = notFinite(tensors);
  if (broken !== undefined) {
    const message = `Expected the weights file ${path} to hold numbers, but ${broken} holds infinities or NaN`;
    throw new Failure('WEIGHTS_INVALID', message);
  }
  return { card, tensors };
}

const CARD_FIELDS =
  'network, classes (name and colour), normalisation (mean and std of three, std above 0) and inputSize';

function parseCard(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

/** True for a card with all that is needed to use the weights. */
function isCard(card: unknown): card is WeightsCard {
  if (!isObject(card)) return false;
  const { network, classes, normalisation, inputSize } = card;
  const isClass = (value: unknown) => isObject(value) && typeof value.name === 'string' && isTriple(value.colour);
  const isSide = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  return (
    typeof network === 'string' &&
    Array.isArray(classes) &&
    classes.length > 0 &&
    classes.every(isClass) &&
    isObject(normalisation) &&
    isTriple(normalisation.mean) &&
    isTriple(normalisation.std) &&
    (normalisation.std as number[]).every((each) => each > 0) &&
    isObject(inputSize) &&
    isSide(inputSize.width) &&
    isSide(inputSize.height)
  );
}

/**
 * Checks weights that a program has made, as far as `readWeights` checks those of a file; their numbers are not looked at.
 *
 * @throws `Failure` `WEIGHTS_INVALID`.
 */
export function checkWeightsCard(weights: Weights | undefined): void {
  if (weights?.tensors instanceof Map && isCard(weights.card)) return;
  throw new Failure('WEIGHTS_INVALID', `Expected weights to have tensors (a Map) and a card that holds ${CARD_FIELDS}`);
}

function isTriple(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

/**
 * Writes a weights file with its card, atomically.
 *
 * @throws `Failure` `WEIGHTS_INVALID` for a card that `readWeights` would refuse, and as `writeSafetensors`.
 */
export async function writeWeights(path: string, { card, tensors }: Weights): Promise<void> {
  const text = JSON.stringify(card);
  if (!isCard(card)) throw new Failure('WEIGHTS_INVALID', `Expected a card to hold ${CARD_FIELDS}, got ${text}`);
  await writeSafetensors(path, { format: 'pt', card: text }, tensors);
}
