/**
 * What the command line makes of an argument that should be a number: the number, or the text itself, for the check
 * that knows the range to refuse with what was typed.
 */
export function numeric(text: string): number | string {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}
