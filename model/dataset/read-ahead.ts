/**
 * Reads items in order while up to `ahead` later ones are already under way: what a slow consumer needs of a fast disk,
 * and a fast one of several decoding threads. Ending the iteration early starts nothing more.
 *
 * @throws what `read` throws, at the item's place in the order.
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
      // A failure is thrown when its turn comes; until then it must not count as unhandled.
      reading.catch(() => {});
      underWay.push(reading);
      next += 1;
    }
    yield await underWay.shift()!;
  }
}
