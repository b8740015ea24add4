/** A commander parser for an option that may be repeated and takes comma-separated values: `--x a,b --x c` gives a, b, c. */
export function collectList(text: string, previous: readonly string[] | undefined): readonly string[] {
  const values = text.split(',').map((value) => value.trim());
  return [...(previous ?? []), ...values.filter((value) => value !== '')];
}

/** A commander parser for an option that may be repeated and whose values are separated by semicolons: `--x a --x b` gives `a;b`. */
export function joinBySemicolons(text: string, previous: string | undefined): string {
  return previous === undefined ? text : `${previous};${text}`;
}
