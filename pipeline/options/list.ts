/** A commander parser for an option that may be repeated and takes comma-separated values: `--x a,b --x c` gives a, b, c. */
export function collectList(text: string, previous: readonly string[] | undefined): readonly string[] {
  const values = text.split(',').map((value) => value.trim());
  return [...(previous ?? []), ...values.filter((value) => value !== '')];
}
