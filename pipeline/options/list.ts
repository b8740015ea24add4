/** For commander, an option that may be repeated and takes several values with commas: `--x a,b --x c` gives a, b, c. */
export function collectList(text: string, previous: readonly string[] | undefined): readonly string[] {
  const values = text.split(',').map((value) => value.trim());
  return [...(previous ?? []), ...values.filter((value) => value !== '')];
}
