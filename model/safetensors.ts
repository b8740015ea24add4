import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from './failure.js';
import { writeWhole } from './write-whole.js';

/** A float32 tensor, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How many numbers a tensor of this shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
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
export function readSafetensors(
  path: string,
): Promise<{ metadata: Record<string, string>; tensors: Map<string, Tensor> }> {
  return readOpened(path, readTensors);
}

/** Reads the string metadata of a safetensors file alone. @throws `Failure` as `readSafetensors`, for what the header shows. */
export function readMetadata(path: string): Promise<Record<string, string>> {
  return readOpened(path, async (file, invalid) => (await readHeader(file, invalid)).metadata);
}

type Invalid = (why: string) => Failure;

async function readOpened<Content>(
  path: string,
  read: (file: FileHandle, invalid: Invalid) => Promise<Content>,
): Promise<Content> {
  const invalid = (why: string) => new Failure('WEIGHTS_INVALID', `Expected a safetensors file at ${path}, but ${why}`);
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    return await read(file, invalid);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT'
      ? new Failure('WEIGHTS_MISSING', `Expected a weights file at ${path}, found none`)
      : new Failure('WEIGHTS_INVALID', `Could not read the weights file ${path}: ${message}`);
  } finally {
    await file?.close();
  }
}

async function readHeader(file: FileHandle, invalid: Invalid) {
  const { size: fileBytes } = await file.stat();
  if (fileBytes < 8) throw invalid(`it has only ${fileBytes} bytes`);
  const headerBytes = Number((await readBytes(file, 0, 8)).readBigUInt64LE(0));
  const begin = 8 + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || begin > fileBytes) throw invalid('its header is cut off or not one');
  let header: unknown;
  try {
    header = JSON.parse((await readBytes(file, 8, headerBytes)).toString('utf8'));
  } catch {
    throw invalid('its header is not JSON');
  }
  if (!isObject(header)) throw invalid('its header is no object');
  const { __metadata__: metadata, ...entries } = header;
  return { metadata: isObject(metadata) ? (metadata as Record<string, string>) : {}, entries, begin, fileBytes };
}

/**
 * Reads tensor by tensor, since Node cannot read a file of 2 GiB at once and checkpoints of the largest networks reach that;
 * into shared memory, so that the threads of engines need no copies of their own.
 */
async function readTensors(file: FileHandle, invalid: Invalid) {
  const { metadata, entries, begin, fileBytes } = await readHeader(file, invalid);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw invalid(`its header says of ${name} neither type, shape nor place`);
    const count = elementCount(entry.shape);
    const size = ELEMENT_BYTES[entry.dtype];
    if (size === undefined) throw invalid(`${name} is ${entry.dtype}; expected F32, F16 or BF16`);
    const [from, to] = entry.data_offsets;
    const held = Math.max(0, Math.min(begin + to, fileBytes) - (begin + from));
    if (held !== count * size)
      throw invalid(`${name} holds ${held} bytes where ${count * size} are due: the file is cut off`);
    const raw = await readBytes(file, begin + from, held);
    tensors.set(name, { shape: entry.shape, data: widen(raw, entry.dtype, count) });
  }
  return { metadata, tensors };
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  // The tensor's own memory is aligned, so F32 needs no copy.
  const bytes = Buffer.from(new SharedArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

/** The name of the first tensor that holds infinities or NaN, which training that diverged leaves. */
export function notFinite(tensors: ReadonlyMap<string, Tensor>): string | undefined {
  // The first frame of `run` waits for this: `includes` needs no compilation, and takes a third of the time of `every`.
  const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return [...tensors].find(([, { data }]) => broken.some((value) => data.includes(value)))?.[0];
}

/** True for an object of JSON that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
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
  if (dtype === 'F32') return new Float32Array(raw.buffer, raw.byteOffset, count);
  const data = new Float32Array(new SharedArrayBuffer(4 * count));
  if (dtype === 'BF16') {
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
 * @throws `Failure` `WEIGHTS_INVALID` for data that is not float32 or does not fit its shape; `OUTPUT_UNWRITABLE` without the
 * folder or permission; `OUTPUT_DISK_FULL`.
 */
export async function writeSafetensors(
  path: string,
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const count = elementCount(shape);
    if (!(data instanceof Float32Array) || data.length !== count) {
      const got = `${data?.constructor?.name ?? typeof data} of ${data?.length}`;
      throw new Failure('WEIGHTS_INVALID', `Expected ${name} [${shape}] to be a Float32Array of ${count}, got ${got}`);
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // The format requires data aligned to 8 bytes and allows spaces after the JSON.
  const json = JSON.stringify(header);
  const padded = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const pieces = [...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await writeWhole(path, 'the weights file', [length, padded, ...pieces]);
}
