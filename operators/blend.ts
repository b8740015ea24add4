import type { ClassMask } from '../model/engine.js';

/** One plane of a picture, as a part of `data`: it begins at `offset`, and its rows are `stride` bytes apart. */
export interface Plane {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** How each class is painted on one plane, by class index: `value` with `opacity`, 0 (invisible) to 255 (opaque). */
export interface Paint {
  readonly value: Uint8Array;
  readonly opacity: Uint8Array;
}

/** How one axis of a mask is stretched over one axis of a plane. */
interface Axis {
  /** For each position in the plane, the mask position at or before it. */
  readonly before: Int32Array;
  /** For each position in the plane, how far it lies towards the next mask position, 0-256. */
  readonly towards: Int32Array;
  /** For each mask position, and one past the last, the first position in the plane at or after it. */
  readonly first: Int32Array;
}

const axes = new Map<string, Axis>();

/** Returns an axis from a small cache: every frame of a video has the same two. */
function axisOf(size: number, maskSize: number): Axis {
  const key = `${size}/${maskSize}`;
  let axis = axes.get(key);
  if (!axis) {
    if (axes.size > 64) axes.clear();
    axis = makeAxis(size, maskSize);
    axes.set(key, axis);
  }
  return axis;
}

function makeAxis(size: number, maskSize: number): Axis {
  const before = new Int32Array(size);
  const towards = new Int32Array(size);
  const first = new Int32Array(maskSize + 1).fill(size);
  for (let place = size - 1; place >= 0; place--) {
    // Pixel centres map to pixel centres: no shift by half a pixel, and no border.
    const at = Math.min(maskSize - 1, Math.max(0, ((place + 0.5) * maskSize) / size - 0.5));
    before[place] = Math.floor(at);
    towards[place] = Math.round((at - Math.floor(at)) * 256);
    first[before[place]!] = place;
  }
  // In a mask larger than the plane, some positions have no pixel.
  for (let place = maskSize - 1; place >= 0; place--) first[place] = Math.min(first[place]!, first[place + 1]!);
  return { before, towards, first };
}

/** A mask row, widened to the plane's width; four pixels make a word. */
interface WideRow {
  readonly values: Uint8Array;
  readonly valueWords: Int32Array;
  readonly opacities: Uint8Array;
  readonly opacityWords: Int32Array;
  /** The opacity of all pixels, or -1 if they differ. */
  opacity: number;
}

function makeRow(width: number): WideRow {
  const values = new Uint8Array((width + 3) & ~3);
  const opacities = new Uint8Array((width + 3) & ~3);
  return {
    values,
    valueWords: new Int32Array(values.buffer),
    opacities,
    opacityWords: new Int32Array(opacities.buffer),
    opacity: -1,
  };
}

/**
 * Paints the classes of a mask over a plane, in place. The mask is stretched over the whole plane, and colour and
 * opacity are interpolated bilinearly, so that edges are soft rather than blocky.
 *
 * Each mask row is widened once, run by run. Each plane row is then mixed from two widened rows and itself, four pixels
 * at a time, as the bytes of one integer. At 1920 x 1080 this takes about a third of the time of a loop over bytes.
 */
export function paintPlane(plane: Plane, mask: ClassMask, paint: Paint): void {
  const { data, stride, width, height } = plane;
  const across = axisOf(width, mask.width);
  const down = axisOf(height, mask.height);
  // A row that begins at a multiple of four bytes can be read as words; nearly all do.
  const isAligned = (data.byteOffset | plane.offset | stride) % 4 === 0;
  const words = isAligned ? new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2) : undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let top = makeRow(width);
  let bottom = makeRow(width);
  let topRow = -1;
  let bottomRow = -1;
  for (let y = 0; y < height; y++) {
    const row = down.before[y]!;
    const next = Math.min(row + 1, mask.height - 1);
    if (bottomRow === row) {
      [top, bottom] = [bottom, top];
      [topRow, bottomRow] = [bottomRow, topRow];
    }
    if (topRow !== row) widen(mask, row, paint, across, top);
    if (bottomRow !== next) widen(mask, next, paint, across, bottom);
    [topRow, bottomRow] = [row, next];
    const start = plane.offset + y * stride;
    const towards = down.towards[y]!;
    if (words !== undefined && top.opacity >= 0 && top.opacity === bottom.opacity) {
      mixEvenRow(words, start >> 2, width >> 2, towards, top, bottom);
      mixEnd(data, start, width & ~3, width, towards, top, bottom);
    } else mixRow(view, data, start, width, towards, top, bottom);
  }
}

function widen(mask: ClassMask, row: number, paint: Paint, axis: Axis, into: WideRow): void {
  const { values, opacities } = into;
  const { before, towards, first } = axis;
  const start = row * mask.width;
  const last = mask.width - 1;
  into.opacity = paint.opacity[mask.data[start]!]!;
  let place = 0;
  while (place <= last) {
    const index = mask.data[start + place]!;
    let end = place;
    while (end < last && mask.data[start + end + 1] === index) end++;
    const value = paint.value[index]!;
    const opacity = paint.opacity[index]!;
    if (opacity !== into.opacity) into.opacity = -1;
    // From its first pixel to its last centre the run has one colour ...
    const from = first[place]!;
    const to = end === last ? before.length : first[end]!;
    values.fill(value, from, to);
    opacities.fill(opacity, from, to);
    if (end === last) return;
    // ... and from there to the first centre of the next run it blends into that run's colour. A class that is not
    // drawn has no colour to blend with.
    const nextIndex = mask.data[start + end + 1]!;
    const nextOpacity = paint.opacity[nextIndex]!;
    const nextValue = nextOpacity === 0 ? value : paint.value[nextIndex]!;
    const ownValue = opacity === 0 ? nextValue : value;
    const valueStep = nextValue - ownValue;
    const opacityStep = nextOpacity - opacity;
    for (let x = to; x < first[end + 1]!; x++) {
      values[x] = ownValue + ((valueStep * towards[x]! + 128) >> 8);
      opacities[x] = opacity + ((opacityStep * towards[x]! + 128) >> 8);
    }
    place = end + 1;
  }
}

const even = 0x00ff00ff;

/**
 * Mixes the bytes of two words: `towards` parts of 256 of `b`, the rest of `a`; two bytes at a time, each with 8 bits
 * of headroom.
 */
function mixWords(a: number, b: number, towards: number): number {
  const from = 256 - towards;
  const low = ((Math.imul(a & even, from) + Math.imul(b & even, towards)) >>> 8) & even;
  const high = (Math.imul((a >>> 8) & even, from) + Math.imul((b >>> 8) & even, towards)) & ~even;
  return low | high;
}

/** `mixRow` for aligned words whose pixels all have one opacity: nearly every row of nearly every picture. */
function mixEvenRow(
  data: Int32Array,
  start: number,
  words: number,
  towards: number,
  top: WideRow,
  bottom: WideRow,
): void {
  if (top.opacity === 0) return;
  const { valueWords: above } = top;
  const { valueWords: below } = bottom;
  const weight = top.opacity + (top.opacity >> 7);
  for (let word = 0; word < words; word++) {
    const a = above[word]!;
    const b = below[word]!;
    const values = a === b ? a : mixWords(a, b, towards);
    data[start + word] = mixWords(data[start + word]!, values, weight);
  }
}

/** Mixes a row whose opacities differ or whose words are not aligned. */
function mixRow(
  view: DataView,
  data: Uint8Array,
  start: number,
  width: number,
  towards: number,
  top: WideRow,
  bottom: WideRow,
): void {
  const words = width >> 2;
  for (let word = 0; word < words; word++) {
    const at = start + word * 4;
    const o = top.opacityWords[word]!;
    const p = bottom.opacityWords[word]!;
    const opacities = o === p ? o : mixWords(o, p, towards);
    if (opacities === 0) continue;
    const a = o === 0 ? bottom.valueWords[word]! : top.valueWords[word]!;
    const b = p === 0 ? a : bottom.valueWords[word]!;
    const values = a === b ? a : mixWords(a, b, towards);
    const opacity = opacities & 255;
    // Nearly always the four pixels have one opacity and are mixed together; at the edge of a class that is not drawn
    // they are mixed one by one.
    if (opacities === Math.imul(opacity, 0x01010101)) {
      const weight = opacity + (opacity >> 7);
      view.setInt32(at, mixWords(view.getInt32(at, true), values, weight), true);
    } else {
      for (let i = 0; i < 4; i++) mixByte(data, at + i, (values >>> (8 * i)) & 255, (opacities >>> (8 * i)) & 255);
    }
  }
  mixEnd(data, start, words * 4, width, towards, top, bottom);
}

/** Mixes the pixels of a row from column `from` on, one by one. */
function mixEnd(
  data: Uint8Array,
  start: number,
  from: number,
  width: number,
  towards: number,
  top: WideRow,
  bottom: WideRow,
): void {
  for (let x = from; x < width; x++) {
    const value = top.values[x]! + (((bottom.values[x]! - top.values[x]!) * towards) >> 8);
    const opacity = top.opacities[x]! + (((bottom.opacities[x]! - top.opacities[x]!) * towards) >> 8);
    mixByte(data, start + x, value, opacity);
  }
}

function mixByte(data: Uint8Array, at: number, value: number, opacity: number): void {
  const weight = opacity + (opacity >> 7);
  data[at] = (data[at]! * (256 - weight) + value * weight) >> 8;
}
