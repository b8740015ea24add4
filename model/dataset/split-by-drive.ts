import { basename } from 'node:path';
import { type Dataset, filterDataset } from './dataset.js';

/**
 * Splits a data set into the pictures whose names begin with one of `prefixes` (a drive of CamVid) and the rest. Where names
 * contain a folder, a prefix may match either the folder or the file.
 */
export function splitByDrive(dataset: Dataset, prefixes: readonly string[]) {
  const held = (name: string) =>
    prefixes.some((prefix) => name.startsWith(prefix) || basename(name).startsWith(prefix));
  return {
    rest: filterDataset(dataset, ({ name }) => !held(name)),
    held: { ...filterDataset(dataset, ({ name }) => held(name)), split: 'held out' },
  };
}
