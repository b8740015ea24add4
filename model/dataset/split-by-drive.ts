import { basename } from 'node:path';
import { type Dataset, filterDataset } from './dataset.js';

/**
 * The part of a data set whose picture names begin with one of `prefixes` (a drive of CamVid), and the rest. Names of lists
 * and of folders in folders begin with a folder: a prefix may be of it or of the file.
 */
export function splitByDrive(dataset: Dataset, prefixes: readonly string[]) {
  const held = (name: string) =>
    prefixes.some((prefix) => name.startsWith(prefix) || basename(name).startsWith(prefix));
  return {
    rest: filterDataset(dataset, ({ name }) => !held(name)),
    held: filterDataset(dataset, ({ name }) => held(name)),
  };
}
