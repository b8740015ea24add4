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

/** Adds to a failure about the numbers in label images how `--classes` says them, where it was not given; others stay as they are. */
export function hintAtClasses(error: unknown, given: string | undefined): unknown {
  const isOfLabels =
    error instanceof Failure &&
    error.code === 'DATASET_INVALID' &&
    /Expected (labels|the colours) of /.test(error.message);
  if (!isOfLabels || given !== undefined) return error;
  const hint = "If a dataset.json says what the labels' numbers are, name it: --classes FOLDER/dataset.json";
  return new Failure(error.code, `${error.message}\n${hint}`, { cause: error });
}
