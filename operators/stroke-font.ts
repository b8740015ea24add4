/**
 * A font of strokes, drawn for this project, so that text in pictures needs no font on the machine. Units: capitals are
 * 8 high, from y = 0 down to the baseline at y = 8; small letters begin at 2.8, and descend to 10.6.
 */
interface Glyph {
  readonly width: number;
  /** SVG path data. */
  readonly path: string;
}

const bowl = 'M0 5.3A2.5 2.6 0 1 0 5 5.3A2.5 2.6 0 1 0 0 5.3';

const glyphs: Readonly<Record<string, readonly [width: number, path: string]>> = {
  ' ': [2.6, ''],
  a: [5, `${bowl}M5 2.8V8`],
  b: [5, `${bowl}M0 0V8`],
  c: [4.4, 'M4.4 3.6A2.5 2.6 0 1 0 4.4 7'],
  d: [5, `${bowl}M5 0V8`],
  e: [5, 'M0 5.2H5A2.5 2.6 0 1 0 4.3 7.1'],
  f: [3, 'M3.2 0.2C1.8-0.2 1.2 0.6 1.2 1.8V8M0 2.9H3'],
  g: [5, `${bowl}M5 2.8V8.2A2.5 2.4 0 0 1 0.6 9.6`],
  h: [4.6, 'M0 0V8M0 5.2A2.3 2.4 0 0 1 4.6 5.2V8'],
  i: [0.6, 'M0.3 2.8V8M0.3 0.4V0.6'],
  j: [1.4, 'M1.2 2.8V9.2C1.2 10.4 0.4 10.7-0.4 10.4M1.2 0.4V0.6'],
  k: [4.2, 'M0 0V8M4 2.8L0 6M1.5 4.9L4.2 8'],
  l: [0.6, 'M0.3 0V8'],
  m: [7.6, 'M0 2.8V8M0 4.9A1.9 2.1 0 0 1 3.8 4.9V8M3.8 4.9A1.9 2.1 0 0 1 7.6 4.9V8'],
  n: [4.6, 'M0 2.8V8M0 5.2A2.3 2.4 0 0 1 4.6 5.2V8'],
  o: [5, bowl],
  p: [5, `${bowl}M0 2.8V10.6`],
  q: [5, `${bowl}M5 2.8V10.6`],
  r: [2.8, 'M0 2.8V8M0 5.4C0 3.6 1.2 2.6 2.8 2.9'],
  s: [4.2, 'M4 3.5C3.3 2.5 0.3 2.3 0.3 4C0.3 5.8 4.2 4.8 4.2 6.5C4.2 8.5 0.9 8.3 0 7.1'],
  t: [3.1, 'M1.2 0.9V6.5C1.2 7.8 2 8.2 3.1 7.9M0 2.9H3'],
  u: [4.6, 'M0 2.8V5.6A2.3 2.4 0 0 0 4.6 5.6M4.6 2.8V8'],
  v: [4.6, 'M0 2.8L2.3 8L4.6 2.8'],
  w: [7, 'M0 2.8L1.75 8L3.5 2.8L5.25 8L7 2.8'],
  x: [4.2, 'M0 2.8L4.2 8M4.2 2.8L0 8'],
  y: [4.8, 'M0 2.8L2.4 8M4.8 2.8L2 9.4C1.6 10.4 0.9 10.7 0 10.4'],
  z: [4.2, 'M0 2.8H4.2L0 8H4.2'],
  A: [5.6, 'M0 8L2.8 0L5.6 8M1 5.2H4.6'],
  B: [5, 'M0 0V8H2.8A2.15 2.15 0 0 0 2.8 3.7H0M0 0H2.5A1.85 1.85 0 0 1 2.5 3.7'],
  C: [5.4, 'M5.4 1.5A3.2 4 0 1 0 5.4 6.5'],
  D: [5.8, 'M0 0V8H1.8A4 4 0 0 0 1.8 0Z'],
  E: [4.2, 'M4.2 0H0V8H4.2M0 3.9H3.6'],
  F: [4.2, 'M4.2 0H0V8M0 3.9H3.6'],
  G: [5.8, 'M5.4 1.5A3.2 4 0 1 0 5.7 6V4.3H3.4'],
  H: [5, 'M0 0V8M5 0V8M0 3.9H5'],
  I: [0.6, 'M0.3 0V8'],
  J: [3, 'M3 0V6A2 2 0 0 1-0.4 7'],
  K: [5, 'M0 0V8M4.8 0L0 4.8M1.7 3.3L5 8'],
  L: [4, 'M0 0V8H4'],
  M: [6.4, 'M0 8V0L3.2 5L6.4 0V8'],
  N: [5, 'M0 8V0L5 8V0'],
  O: [5.8, 'M0 4A2.9 4 0 1 0 5.8 4A2.9 4 0 1 0 0 4'],
  P: [4.8, 'M0 8V0H2.5A2.25 2.25 0 0 1 2.5 4.5H0'],
  Q: [6, 'M0 4A2.9 4 0 1 0 5.8 4A2.9 4 0 1 0 0 4M3.6 6L6 8.6'],
  R: [5, 'M0 8V0H2.5A2.25 2.25 0 0 1 2.5 4.5H0M2.5 4.5L5 8'],
  S: [5, 'M4.6 1.3C3.8-0.5 0.4-0.4 0.4 2C0.4 4.8 5 3.4 5 6C5 8.6 1 8.5 0 6.6'],
  T: [5, 'M0 0H5M2.5 0V8'],
  U: [5, 'M0 0V5.4A2.5 2.6 0 0 0 5 5.4V0'],
  V: [5.4, 'M0 0L2.7 8L5.4 0'],
  W: [8, 'M0 0L2 8L4 0L6 8L8 0'],
  X: [5, 'M0 0L5 8M5 0L0 8'],
  Y: [5, 'M0 0L2.5 4V8M5 0L2.5 4'],
  Z: [5, 'M0 0H5L0 8H5'],
  '0': [4.8, 'M0 4A2.4 4 0 1 0 4.8 4A2.4 4 0 1 0 0 4'],
  '1': [4.8, 'M1 1.6L3 0V8'],
  '2': [4.8, 'M0.2 2.1A2.25 2.1 0 1 1 4.3 3.3C3.4 4.9 0.2 6.4 0 8H4.8'],
  '3': [4.8, 'M0.3 0H4.4L1.9 3.2C3.6 3 4.8 4.2 4.8 5.6C4.8 8.7 1 8.8 0 6.8'],
  '4': [4.8, 'M3.6 8V0L0 5.8H4.8'],
  '5': [4.8, 'M4.4 0H0.7L0.4 3.5C2.6 2.4 4.8 3.5 4.8 5.4C4.8 8.5 1 8.8 0 7'],
  '6': [4.8, 'M4 0.1C1.5 1 0 3.2 0 5.5A2.4 2.5 0 1 0 4.8 5.5A2.4 2.5 0 0 0 0.2 4.6'],
  '7': [4.8, 'M0 0H4.8L1.6 8'],
  '8': [4.8, 'M2.4 3.7A1.95 1.85 0 1 1 2.4 0A1.95 1.85 0 1 1 2.4 3.7A2.4 2.15 0 1 0 2.4 8A2.4 2.15 0 1 0 2.4 3.7'],
  '9': [4.8, 'M0.8 7.9C3.3 7 4.8 4.8 4.8 2.5A2.4 2.5 0 1 0 0 2.5A2.4 2.5 0 0 0 4.6 3.4'],
  '%': [
    6.4,
    'M0.4 8L6 0M0 1.7A1.4 1.7 0 1 0 2.8 1.7A1.4 1.7 0 1 0 0 1.7M3.6 6.3A1.4 1.7 0 1 0 6.4 6.3A1.4 1.7 0 1 0 3.6 6.3',
  ],
  '<': [4.2, 'M4.2 2L0 4.6L4.2 7.2'],
  '>': [4.2, 'M0 2L4.2 4.6L0 7.2'],
  '&': [5.4, 'M5.4 8L1.1 2.6A1.5 1.6 0 1 1 3.8 1.6C3.8 3.4 0 3.6 0 6A2 2.1 0 0 0 2.2 8C4 8 5 6.4 5.2 4.6'],
  '.': [0.6, 'M0.3 7.8V8'],
  ',': [1, 'M0.6 7.8L0.2 9.2'],
  ':': [0.6, 'M0.3 3.4V3.6M0.3 7.6V7.8'],
  '-': [3, 'M0 5H3'],
  '+': [4.4, 'M0 4.6H4.4M2.2 2.4V6.8'],
  _: [4.6, 'M0 9H4.6'],
  '/': [3.4, 'M0 9L3.4 0'],
  '(': [1.8, 'M1.8-0.6C-0.4 2-0.4 6.6 1.8 9.2'],
  ')': [1.8, 'M0-0.6C2.2 2 2.2 6.6 0 9.2'],
  "'": [0.6, 'M0.3 0V2'],
  '"': [2.2, 'M0.3 0V2M1.9 0V2'],
};

/** A box for characters that the font does not have. */
const unknown: readonly [number, string] = [4.6, 'M0 0.4H4.6V8H0Z'];

const spacing = 1.7;

function glyphOf(character: string): Glyph {
  const [width, path] = glyphs[character] ?? unknown;
  return { width, path };
}

/** The characters to draw. Letters with marks (é, ü) are drawn without them. */
function charactersOf(text: string): readonly string[] {
  return [...text.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC')];
}

/** Returns the width of a text in the font's units. */
export function textWidth(text: string): number {
  const widths = charactersOf(text).map((character) => glyphOf(character).width);
  return widths.reduce((sum, width) => sum + width, 0) + spacing * Math.max(0, widths.length - 1);
}

/**
 * Draws a text as SVG paths, the left end of its baseline 8 units below (x, y); the element around them sets the colour
 * and width of the strokes.
 */
export function drawText(text: string, x: number, y: number): string {
  let at = x;
  const paths: string[] = [];
  for (const character of charactersOf(text)) {
    const { width, path } = glyphOf(character);
    if (path) paths.push(`<path transform="translate(${at.toFixed(2)} ${y.toFixed(2)})" d="${path}"/>`);
    at += width + spacing;
  }
  return paths.join('');
}
