/** What is still being ended of work that was abandoned. */
const endings = new Set<Promise<unknown>>();

/** Has others wait until abandoned work has ended: it may still write, or remove, what it has begun. */
export function endAbandoned(ending: Promise<unknown>): void {
  const ended = ending
    .catch(() => {})
    .finally(() => {
      endings.delete(ended);
    });
  endings.add(ended);
}

/** Resolves when nothing is left of what was abandoned, so that others may write under those names. */
export async function abandonedAreGone(): Promise<void> {
  await Promise.all(endings);
}
