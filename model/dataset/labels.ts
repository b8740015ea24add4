import { readFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import sharp from 'sharp';
import { type ClassSet, labelTable, unknownLabel } from '../classes.js';
import type { ClassMask } from '../engine.js';
import { Failure } from '../failure.js';
import { pictureFailure } from './picture.js';

/**
 * Reads a label image as class indices, with void as the set's `voidIndex`. A grey or palette image is read by its numbers, an
 * RGB image by the colours of the classes (black is void unless a class is black). That includes an RGB image to which an image
 * optimiser has given a palette: its colours are class colours that do not match its numbers.
 *
 * @throws `Failure` `PICTURE_MISSING` or `PICTURE_INVALID` for a file that is not a label image; `LABELS_INVALID` for values or
 * colours outside the class set.
 */
export async function readLabels(path: string, set: ClassSet): Promise<ClassMask> {
  const image = await readLabelImage(path);
  if (image.channels === 3) return byColour(path, image, set);
  const coloured = image.palette && inColours(image, image.palette, set);
  return coloured === undefined ? byNumber(path, image, set) : byColour(path, coloured, set);
}

interface LabelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
  readonly palette?: readonly (readonly number[])[] | undefined;
}

async function readLabelImage(path: string): Promise<LabelImage> {
  let unfit: string;
  try {
    const bytes = await readFile(path);
    const { format, isPalette, bitsPerSample, depth, channels } = await sharp(bytes).metadata();
    // sharp expands palettes to colours and 1, 2 and 4-bit grey to 0-255, so another library reads those.
    if (format === 'png' && (isPalette || (bitsPerSample ?? 8) < 8)) return unpackPng(bytes);
    if (format === 'jpeg') unfit = 'it is a JPEG, which blurs labels';
    else if (depth !== 'uchar') unfit = `its samples are ${depth}, not 8-bit`;
    else {
      const grey = channels < 3;
      // A colour profile, which photo editors embed, would change the numbers.
      const raw = sharp(bytes, { ignoreIcc: true });
      const opaque = channels % 2 === 0 ? raw.removeAlpha() : raw;
      const { data, info } = await opaque
        .toColourspace(grey ? 'b-w' : 'srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, channels: grey ? 1 : 3, data };
    }
  } catch (error) {
    throw await pictureFailure(path, error);
  }
  throw new Failure('PICTURE_INVALID', `Expected a grey, palette or RGB label image at ${path}, but ${unfit}`);
}

/** Reads a PNG of 1, 2, 4 or 8 bits per pixel as one byte per pixel. */
function unpackPng(bytes: Uint8Array): LabelImage {
  const { width, height, depth, data, palette } = decode(bytes);
  if (depth === 8) return { width, height, channels: 1, data: Uint8Array.from(data), palette };
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const unpacked = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const byte = data[y * rowBytes + Math.floor(x / perByte)]!;
      unpacked[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & ((1 << depth) - 1);
    }
  }
  return { width, height, channels: 1, data: unpacked, palette };
}

/**
 * The colours of a palette image whose colours count; undefined for one whose numbers count. An image optimiser writes only the
 * colours that occur in the RGB image, which are all class colours, in any order. Black tells nothing, since it is void and
 * also the first colour of palettes for numbers.
 */
function inColours(
  { width, height, data }: LabelImage,
  palette: readonly (readonly number[])[],
  set: ClassSet,
): LabelImage | undefined {
  const used = new Set(data);
  if (used.size !== palette.length) return undefined;
  const table = labelTable(set);
  const indices = colourTable(set);
  const classes = palette.map(([red, green, blue]) => indices.get(packColour(red!, green!, blue!)));
  const isBlack = palette.map((colour) => colour.slice(0, 3).every((part) => part === 0));
  if (!classes.every((index, number) => isBlack[number] || index !== undefined)) return undefined;
  if (classes.every((index, number) => isBlack[number] || index === table[number])) return undefined;
  const colours = new Uint8Array(3 * data.length);
  for (const [i, number] of data.entries()) colours.set(palette[number]!.slice(0, 3), 3 * i);
  return { width, height, channels: 3, data: colours };
}

/** Class indices by colour. */
function colourTable(set: ClassSet): ReadonlyMap<number, number> {
  const indices = new Map<number, number>();
  if (set.voidIndex !== null) indices.set(0, set.voidIndex);
  for (const [index, { colour }] of set.classes.entries()) indices.set(packColour(...colour), index);
  return indices;
}

function byNumber(path: string, { width, height, data }: LabelImage, set: ClassSet): ClassMask {
  const table = labelTable(set);
  const mask = new Uint8Array(data.length);
  const unknown = new Map<string, number>();
  for (let i = 0; i < data.length; i += 1) {
    const index = table[data[i]!]!;
    if (index === unknownLabel) count(unknown, String(data[i]));
    else mask[i] = index;
  }
  if (unknown.size > 0) throw unknownLabels(path, unknown, `labels of ${set.name}`);
  return { width, height, data: mask };
}

function byColour(path: string, { width, height, data }: LabelImage, set: ClassSet): ClassMask {
  const indices = colourTable(set);
  const mask = new Uint8Array(width * height);
  const unknown = new Map<string, number>();
  for (let i = 0; i < mask.length; i += 1) {
    const [red, green, blue] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    const index = indices.get(packColour(red, green, blue));
    if (index === undefined) count(unknown, `(${red}, ${green}, ${blue})`);
    else mask[i] = index;
  }
  if (unknown.size > 0) throw unknownLabels(path, unknown, `the colours of ${set.name}`);
  return { width, height, data: mask };
}

const packColour = (red: number, green: number, blue: number) => (red << 16) | (green << 8) | blue;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function unknownLabels(path: string, unknown: ReadonlyMap<string, number>, expected: string): Failure {
  const found = [...unknown].sort(([, left], [, right]) => right - left);
  const shown = found.slice(0, 3).map(([label, pixels]) => `${label} (${pixels} pixels)`);
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  return new Failure('LABELS_INVALID', `Expected ${expected} in ${path}, got ${shown.join(', ')}${more}`);
}
