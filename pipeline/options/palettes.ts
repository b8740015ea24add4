import { readFile } from 'node:fs/promises';
import { listChoices, optionInvalid } from '../../model/check-option.js';
import { camvid12, cityscapes19 } from '../../model/classes.js';
import type { ClassLabel } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import { colourBlindColours } from './colour-blind-colours.js';

type Colour = ClassLabel['colour'];

/** Colours by class name. */
export type Palette = Readonly<Record<string, readonly [number, number, number]>>;

/** The palettes that `--palette` accepts by name; `weights` is that of the weights file. */
const paletteNames = ['weights', 'camvid', 'cityscapes', 'colour-blind'] as const;

/** Names for the same class in CamVid and Cityscapes. */
const SYNONYMS: readonly (readonly [string, string])[] = [
  ['column-pole', 'pole'],
  ['side-walk', 'sidewalk'],
  ['tree', 'vegetation'],
  ['sign-symbol', 'traffic-sign'],
  ['pedestrian', 'person'],
  ['bicyclist', 'rider'],
];

const namedPalettes: Readonly<Record<'camvid' | 'cityscapes', Palette>> = {
  camvid: paletteOf(camvid12.classes, SYNONYMS),
  cityscapes: paletteOf(
    cityscapes19.classes,
    SYNONYMS.map(([camvid, cityscapes]) => [cityscapes, camvid]),
  ),
};

/** Colours by class name, also under the other data set's name for a class: `[own name, other name]`. */
function paletteOf(classes: readonly ClassLabel[], synonyms: readonly (readonly [string, string])[]): Palette {
  const colours = new Map(classes.map(({ name, colour }) => [name, colour]));
  for (const [own, other] of synonyms) {
    const colour = colours.get(own);
    if (colour !== undefined && !colours.has(other)) colours.set(other, colour);
  }
  return Object.fromEntries(colours);
}

/**
 * Applies a palette to classes. Classes that it does not name keep their colours.
 *
 * @param choice One of `paletteNames`, the path of a JSON file, or the palette itself. A file maps class names to
 * `[red, green, blue]` or `"#rrggbb"`.
 * @throws `Failure` `OPTION_INVALID` for an unknown name, a class that the network does not have, or too many classes for
 * `colour-blind`; `PALETTE_INVALID` where the file is unreadable or not a palette.
 */
export async function applyPalette(
  name: string,
  choice: string | Palette,
  classes: readonly ClassLabel[],
): Promise<readonly ClassLabel[]> {
  if (choice === 'weights') return classes;
  if (choice === 'colour-blind') return colourBlind(name, classes);
  if (choice === 'camvid' || choice === 'cityscapes') return recolour(classes, namedPalettes[choice]);
  const palette = typeof choice === 'string' ? await readPalette(name, choice) : choice;
  const known = new Set(classes.map((label) => label.name));
  const stranger = Object.keys(palette).find((className) => !known.has(className));
  if (stranger !== undefined) throw optionInvalid(name, `colours for ${listChoices([...known])}`, stranger);
  return recolour(classes, palette);
}

function recolour(classes: readonly ClassLabel[], palette: Palette): readonly ClassLabel[] {
  return classes.map((label) => {
    // A class may be called `constructor`, which every object has.
    const colour = Object.hasOwn(palette, label.name) ? palette[label.name] : undefined;
    return { ...label, colour: colour ?? label.colour };
  });
}

function colourBlind(name: string, classes: readonly ClassLabel[]): readonly ClassLabel[] {
  if (classes.length > colourBlindColours.length) {
    const most = colourBlindColours.length;
    throw optionInvalid(
      name,
      `another palette for ${classes.length} classes: colour-blind tells ${most} apart`,
      'colour-blind',
    );
  }
  return classes.map((label, index) => ({ ...label, colour: colourBlindColours[index]! }));
}

async function readPalette(name: string, path: string): Promise<Palette> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw optionInvalid(name, `${listChoices(paletteNames)}, or a JSON file that is there`, path);
    throw new Failure('PALETTE_INVALID', `Could not read the palette ${path}: ${error.message}`);
  });
  const invalid = (got: string) =>
    new Failure(
      'PALETTE_INVALID',
      `Expected the palette ${path} to map class names to [red, green, blue] or "#rrggbb" in JSON, got ${got}`,
    );
  let entries: [string, unknown][];
  try {
    // Editors on Windows begin files with a byte order mark, which is no JSON.
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (Array.isArray(parsed)) throw invalid('a list');
    if (typeof parsed !== 'object' || parsed === null) throw invalid(JSON.stringify(parsed));
    entries = Object.entries(parsed);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw invalid('no JSON');
  }
  return Object.fromEntries(
    entries.map(([className, value]) => {
      const colour = readColour(value);
      if (colour === undefined) throw invalid(`${JSON.stringify(value)} for ${className}`);
      return [className, colour];
    }),
  );
}

function readColour(value: unknown): Colour | undefined {
  if (typeof value === 'string') {
    const [, digits] = /^#([0-9a-f]{6})$/i.exec(value) ?? [];
    if (digits === undefined) return undefined;
    const packed = Number.parseInt(digits, 16);
    return [packed >> 16, (packed >> 8) & 255, packed & 255];
  }
  const isByte = (part: unknown) => Number.isInteger(part) && (part as number) >= 0 && (part as number) <= 255;
  return Array.isArray(value) && value.length === 3 && value.every(isByte) ? (value as unknown as Colour) : undefined;
}

/**
 * Returns the named classes that the network has. `void`, which jetson-inference ignores by default, may be missing.
 *
 * @throws `Failure` `OPTION_INVALID` for any other class that it does not have.
 */
export function presentClasses(
  name: string,
  wanted: readonly string[],
  classes: readonly ClassLabel[],
): readonly string[] {
  const names = classes.map((label) => label.name);
  const missing = wanted.find((className) => className !== 'void' && !names.includes(className));
  if (missing !== undefined) throw optionInvalid(name, `classes among ${names.join(', ')}`, missing);
  return wanted.filter((className) => names.includes(className));
}
