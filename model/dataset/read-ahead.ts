/**
 * Reads items in order while up to `ahead` later reads are already in progress, so that consumer and reader work at the same
 * time. If the iteration ends early, no more reads are started.
 *
 * @throws What `read` throws, when the item's turn comes.
 */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
  ahead = 8,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = [];
  let next = 0;
  while (next < items.length || underWay.length > 0) {
    while (next < items.length && underWay.length < ahead) {
      const reading = read(items[next]!);
      // The error is thrown when its turn comes; until then it must not count as unhandled.
      reading.catch(() => {});
      underWay.push(reading);
      next += 1;
    }
    yield await underWay.shift()!;
  }
}
