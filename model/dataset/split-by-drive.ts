import { type Dataset, filterDataset } from './dataset.js';

/** The part of a data set whose picture names begin with one of `prefixes` (a drive of CamVid), and the rest. */
export function splitByDrive(dataset: Dataset, prefixes: readonly string[]) {
  const held = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  return {
    rest: filterDataset(dataset, ({ name }) => !held(name)),
    held: filterDataset(dataset, ({ name }) => held(name)),
  };
}
