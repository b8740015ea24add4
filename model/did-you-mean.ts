/** The limits that Commander uses for options and commands: at most this many edits, and more letters kept than changed. */
const MOST_SLIPS = 3;
const LEAST_ALIKE = 0.4;

/** ` (Did you mean segnet-lite?)` where a known name is a few edits away from the given one, otherwise the empty string. */
export function didYouMean(given: string, known: readonly string[]): string {
  let [nearest, fewest] = ['', MOST_SLIPS + 1];
  for (const name of known) {
    const slips = countSlips(given, name);
    const longest = Math.max(given.length, name.length);
    if (slips < fewest && longest - slips > LEAST_ALIKE * longest) [nearest, fewest] = [name, slips];
  }
  return nearest === '' ? '' : ` (Did you mean ${nearest}?)`;
}

/** The Levenshtein distance: letters added, removed or changed. */
function countSlips(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [done, letter] of [...from].entries()) {
    const next = [done + 1];
    for (const [at, wanted] of [...to].entries()) {
      next.push(Math.min(row[at]! + (letter === wanted ? 0 : 1), row[at + 1]! + 1, next[at]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
