/** Commander's limits for options and commands, so that names are guessed as they are: so many slips, and more kept than lost. */
const MOST_SLIPS = 3;
const LEAST_ALIKE = 0.4;

/** ` (Did you mean segnet-lite?)` where one of the known names is only some slips away from what was given, else nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  let [nearest, fewest] = ['', MOST_SLIPS + 1];
  for (const name of known) {
    const slips = countSlips(given, name);
    const longest = Math.max(given.length, name.length);
    if (slips < fewest && longest - slips > LEAST_ALIKE * longest) [nearest, fewest] = [name, slips];
  }
  return nearest === '' ? '' : ` (Did you mean ${nearest}?)`;
}

/** Levenshtein's distance: letters added, left out or changed. */
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
