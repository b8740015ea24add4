import { type ClassSet, classSetByName } from '../../model/classes.js';
import { readDatasetFile } from '../../model/dataset/dataset-file.js';
import { Failure } from '../../model/failure.js';

/**
 * Reads the class set that `--classes` names: a known one, or the one in a `dataset.json`.
 *
 * @throws `Failure` `CLASSES_UNKNOWN`, `DATASET_MISSING`, `DATASET_INVALID`.
 */
export async function readClassSet(nameOrFile: string): Promise<ClassSet> {
  if (!nameOrFile.endsWith('.json')) return classSetByName(nameOrFile);
  const described = await readDatasetFile(nameOrFile);
  if (described === undefined)
    throw new Failure('DATASET_MISSING', `Expected a dataset.json at ${nameOrFile}, found none`);
  return typeof described.classes === 'string' ? classSetByName(described.classes) : described.classes;
}
