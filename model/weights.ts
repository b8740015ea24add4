import { readFile } from 'node:fs/promises';
import type { ClassLabel } from './engine.js';
import { Failure } from './failure.js';
import { writeWhole } from './write-whole.js';

/** A float32 tensor, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a weights file says of itself: everything that is needed to use it, and how it came to be. */
export interface WeightsCard {
  /** The network's name in the registry, `segnet-basic`. */
  readonly network: string;
  readonly classes: readonly ClassLabel[];
  /** `(pixel / 255 - mean) / std` for red, green, blue is what the first layer sees. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** The picture size that the weights were made for. */
  readonly inputSize: { readonly width: number; readonly height: number };
  /** How it was trained: data, recipe, epochs, hours, the command. Free text and numbers, for people. */
  readonly training?: Readonly<Record<string, unknown>>;
  /** Measured scores in per cent, each with the command that gave it. */
  readonly scores?: Readonly<Record<string, unknown>>;
  /** The range of each layer's values, for int8 (`Calibration` of quantisation/calibration.ts). */
  readonly calibration?: Readonly<Record<string, unknown>>;
  readonly licence?: string;
  /** What the weights are not good for. */
  readonly limits?: string;
}

/** The contents of a weights file. */
export interface Weights {
  readonly card: WeightsCard;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the tensors and string metadata of a safetensors file (F32; F16 and BF16 are widened).
 *
 * @throws `Failure` `WEIGHTS_MISSING` where there is no file, `WEIGHTS_INVALID` where it is not a whole safetensors file.
 */
export async function readSafetensors(
  path: string,
): Promise<{ metadata: Record<string, string>; tensors: Map<string, Tensor> }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Failure('WEIGHTS_MISSING', `Expected a weights file at ${path}, found none`)
      : new Failure('WEIGHTS_INVALID', `Could not read the weights file ${path}: ${error.message}`);
  });
  const invalid = (why: string) => new Failure('WEIGHTS_INVALID', `Expected a safetensors file at ${path}, but ${why}`);
  if (bytes.length < 8) throw invalid(`it has only ${bytes.length} bytes`);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length)
    throw invalid('its header is cut off or not one');
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
  } catch {
    throw invalid('its header is not JSON');
  }
  if (!isObject(header)) throw invalid('its header is no object');
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  const begin = 8 + headerBytes;
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw invalid(`its header says of ${name} neither type, shape nor place`);
    const count = entry.shape.reduce((product, size) => product * size, 1);
    const raw = bytes.subarray(begin + entry.data_offsets[0], begin + entry.data_offsets[1]);
    const size = ELEMENT_BYTES[entry.dtype];
    if (size === undefined) throw invalid(`${name} is ${entry.dtype}; expected F32, F16 or BF16`);
    if (raw.length !== count * size)
      throw invalid(`${name} holds ${raw.length} bytes where ${count * size} are due: the file is cut off`);
    tensors.set(name, { shape: entry.shape, data: widen(raw, entry.dtype, count) });
  }
  return { metadata: metadata as Record<string, string>, tensors };
}

/** The name of the first tensor that holds infinities or NaN, as after a training that diverged. */
export function notFinite(tensors: ReadonlyMap<string, Tensor>): string | undefined {
  return [...tensors].find(([, { data }]) => !data.every(Number.isFinite))?.[0];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is Entry {
  if (!isObject(value)) return false;
  const { dtype, shape, data_offsets: offsets } = value;
  const whole = (list: unknown) => Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0);
  return typeof dtype === 'string' && whole(shape) && whole(offsets) && (offsets as unknown[]).length === 2;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

function widen(raw: Buffer, dtype: string, count: number): Float32Array {
  // The tensors of a file need not be aligned in memory: copy.
  const data = new Float32Array(count);
  if (dtype === 'F32') {
    new Uint8Array(data.buffer).set(raw);
  } else if (dtype === 'BF16') {
    const bits = new Uint32Array(data.buffer);
    for (let i = 0; i < count; i += 1) bits[i] = raw.readUInt16LE(2 * i) << 16;
  } else {
    for (let i = 0; i < count; i += 1) data[i] = halfToFloat(raw.readUInt16LE(2 * i));
  }
  return data;
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Writes a safetensors file of F32 tensors under a temporary name and renames it: a reader sees the old file or the new.
 *
 * @throws `Failure` `OUTPUT_UNWRITABLE`: no such folder, no permission, a full disk.
 */
export async function writeSafetensors(
  path: string,
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // The format asks for data aligned to 8 bytes; spaces after JSON are allowed.
  const json = JSON.stringify(header);
  const padded = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const pieces = [...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await writeWhole(path, 'the weights file', [length, padded, ...pieces]);
}

/**
 * Reads a weights file with its card.
 *
 * @throws `Failure` as `readSafetensors`; `WEIGHTS_INVALID` where it has no card of this project (a file of torchvision, say).
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
  if (card === undefined) {
    throw new Failure(
      'WEIGHTS_INVALID',
      `Expected the card of the weights file ${path} to name network, classes, normalisation and inputSize`,
    );
  }
  return { card, tensors };
}

/** The card, if it has what is needed to use the weights. */
function parseCard(text: unknown): WeightsCard | undefined {
  let card: unknown;
  try {
    card = JSON.parse(String(text));
  } catch {
    return undefined;
  }
  if (!isObject(card)) return undefined;
  const { network, classes, normalisation, inputSize } = card;
  const usable =
    typeof network === 'string' && Array.isArray(classes) && isObject(normalisation) && isObject(inputSize);
  return usable ? (card as unknown as WeightsCard) : undefined;
}

/** Writes a weights file with its card, atomically. */
export function writeWeights(path: string, { card, tensors }: Weights): Promise<void> {
  return writeSafetensors(path, { format: 'pt', card: JSON.stringify(card) }, tensors);
}
