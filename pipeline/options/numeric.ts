/**
 * Parses a numeric command line argument. Returns text that is not a number unchanged, so that the range check can refuse it
 * with what was typed.
 */
export function numeric(text: string): number | string {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}
