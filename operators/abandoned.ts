/** Abandoned work that is still ending. */
const endings = new Set<Promise<unknown>>();

/** Registers abandoned work until `ending` settles: until then it may still write or remove its files. */
export function endAbandoned(ending: Promise<unknown>): void {
  const ended = ending
    .catch(() => {})
    .finally(() => {
      endings.delete(ended);
    });
  endings.add(ended);
}

/** Resolves when all abandoned work has ended, so that others may write files of the same names. */
export async function abandonedAreGone(): Promise<void> {
  await Promise.all(endings);
}
