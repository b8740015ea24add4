import type { ClassLabel } from '../model/engine.js';
import type { ColourTags } from './frame.js';
import { drawText, textWidth } from './stroke-font.js';
import { rgbToYuv } from './yuv.js';

/** A translucent plane: a pixel becomes `add`, which is premultiplied, plus the picture's value times `rest` / 255. */
export interface LegendPlane {
  readonly width: number;
  readonly height: number;
  readonly add: Uint8Array;
  readonly rest: Uint8Array;
}

/** A video's legend, drawn once except for the shares, which change from frame to frame. */
export interface RenderedLegend {
  /** Y, U and V; even sizes. */
  readonly planes: readonly [LegendPlane, LegendPlane, LegendPlane];
  /** For each row, the class whose share it shows, and the text's `right` and `top`, pixels. */
  readonly rows: readonly { readonly classIndex: number; readonly right: number; readonly top: number }[];
  /** The coverage of each character's pixels, 0-255; all characters have one height. */
  readonly characters: Readonly<Record<string, { readonly width: number; readonly cover: Uint8Array }>>;
  /** White, as luma. */
  readonly white: number;
}

/** The properties of a video on which its legend depends. */
export interface LegendDesign {
  /** The classes shown, with their index in the mask. */
  readonly classes: readonly (ClassLabel & { readonly index: number })[];
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  readonly matrix: string;
  readonly range: ColourTags['range'];
}

// In units of the font, whose capitals are 8 high.
const [rowHeight, padding, gap, swatch] = [15, 7, 6, 9];
const stroke = 'fill="none" stroke="#fff" stroke-width="1.25" stroke-linecap="round" stroke-linejoin="round"';

/** Draws the legend at a size that suits the picture: letters of 1/50 of its height, or smaller if the rows would not fit. */
export async function renderLegend({ classes, matrix, range, ...picture }: LegendDesign): Promise<RenderedLegend> {
  const shareWidth = textWidth('100%');
  const nameWidth = Math.max(...classes.map(({ name }) => textWidth(name)));
  const unitWidth = 2 * padding + swatch + gap + nameWidth + 2 * gap + shareWidth;
  const unitHeight = 2 * padding + classes.length * rowHeight - (rowHeight - swatch);
  const scale = Math.min(
    picture.pictureHeight / 50 / 8,
    (picture.pictureHeight * 0.9) / unitHeight,
    (picture.pictureWidth * 0.9) / unitWidth,
  );
  const even = (units: number) => Math.max(2, 2 * Math.floor((units * scale) / 2));
  const [width, height] = [even(unitWidth), even(unitHeight)];

  const parts = [`<rect width="${unitWidth}" height="${unitHeight}" rx="4" fill="#000" fill-opacity="0.6"/>`];
  const rows = classes.map(({ index, name, colour }, place) => {
    const top = padding + place * rowHeight;
    parts.push(
      `<rect x="${padding}" y="${top}" width="${swatch}" height="${swatch}" rx="1.5" fill="rgb(${colour.join(',')})"/>`,
      `<g ${stroke}>${drawText(name, padding + swatch + gap, top + 0.5)}</g>`,
    );
    return {
      classIndex: index,
      right: Math.round((unitWidth - padding) * scale),
      top: Math.floor((top - 0.5) * scale),
    };
  });
  const rgba = await rasterize(parts.join(''), unitWidth, unitHeight, width, height);

  const characters: Record<string, { width: number; cover: Uint8Array }> = {};
  const characterHeight = Math.max(1, Math.round(10.5 * scale));
  for (const character of '0123456789%<') {
    const units = textWidth(character) + 1.7;
    const own = Math.max(1, Math.round(units * scale));
    const drawn = `<g ${stroke}>${drawText(character, 0.85, 1)}</g>`;
    const pixels = await rasterize(drawn, units, 10.5, own, characterHeight);
    characters[character] = { width: own, cover: pixels.filter((_, index) => index % 4 === 3) };
  }
  return {
    planes: toLayers(rgba, width, height, matrix, range),
    rows,
    characters,
    white: range === 'pc' ? 255 : 235,
  };
}

async function rasterize(
  content: string,
  unitWidth: number,
  unitHeight: number,
  width: number,
  height: number,
): Promise<Uint8Array> {
  const box = `width="${width}" height="${height}" viewBox="0 0 ${unitWidth} ${unitHeight}" preserveAspectRatio="none"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${box}>${content}</svg>`;
  // Loaded only when a legend is wanted: it takes as long to load as the rest of `run`.
  const { default: sharp } = await import('sharp');
  const { data } = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return data;
}

/** Converts red, green, blue and alpha to three premultiplied planes, chroma at half the size. */
function toLayers(
  rgba: Uint8Array,
  width: number,
  height: number,
  matrix: string,
  range: ColourTags['range'],
): [LegendPlane, LegendPlane, LegendPlane] {
  const layer = (w: number, h: number): LegendPlane => ({
    width: w,
    height: h,
    add: new Uint8Array(w * h),
    rest: new Uint8Array(w * h),
  });
  const luma = layer(width, height);
  const chroma = [layer(width / 2, height / 2), layer(width / 2, height / 2)] as const;
  const sums = chroma.map(({ add }) => new Float64Array(add.length));
  const alphas = new Float64Array(chroma[0].add.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [red, green, blue, alpha] = rgba.subarray(at * 4, at * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const [luminance, u, v] = rgbToYuv([red, green, blue], matrix, range);
      luma.add[at] = Math.round((luminance * alpha) / 255);
      luma.rest[at] = 255 - alpha;
      const half = (y >> 1) * (width / 2) + (x >> 1);
      sums[0]![half]! += (u * alpha) / 255 / 4;
      sums[1]![half]! += (v * alpha) / 255 / 4;
      alphas[half]! += alpha / 4;
    }
  }
  for (const [plane, { add, rest }] of chroma.entries()) {
    for (let at = 0; at < add.length; at++) {
      add[at] = Math.round(sums[plane]![at]!);
      rest[at] = 255 - Math.round(alphas[at]!);
    }
  }
  return [luma, ...chroma];
}

/** Formats a share: `37%`, `<1%`. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100);
  return share > 0 && percent === 0 ? '<1%' : `${percent}%`;
}
