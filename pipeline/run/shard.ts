import { optionInvalid } from '../../model/check-option.js';
import { naturally } from './find-inputs.js';

/** A shard of the inputs: `{ index: 2, count: 4 }` is the second of four. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** Parses `2/4`. @throws `Failure` `OPTION_INVALID`. */
export function parseShard(name: string, value: unknown): Shard {
  const [index, count] =
    typeof value === 'string' ? (/^(\d+)\/(\d+)$/.exec(value) ?? []).slice(1).map(Number) : parts(value);
  const fits = Number.isInteger(index) && Number.isInteger(count) && index! >= 1 && index! <= count!;
  if (!fits) throw optionInvalid(name, 'I/N with I from 1 to N, like 2/4', value);
  return { index: index!, count: count! };
}

function parts(value: unknown): readonly number[] {
  const { index, count } = (value ?? {}) as Partial<Shard>;
  return [index ?? Number.NaN, count ?? Number.NaN];
}

/**
 * Takes every `count`-th item in the order of their keys. The shards of a list are disjoint, together complete, and differ in
 * size by at most one. Machines that see the same files agree without communicating.
 */
export function takeShard<Item>(items: readonly Item[], shard: Shard, key: (item: Item) => string): readonly Item[] {
  const ranked = [...items].sort((left, right) => naturally(key(left), key(right)));
  const mine = new Set(ranked.filter((_, rank) => rank % shard.count === shard.index - 1));
  return items.filter((item) => mine.has(item));
}
