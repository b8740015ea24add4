import { readFile } from 'node:fs/promises';
import { CLASS_LIMITS, type ClassSet } from '../classes.js';
import { didYouMean } from '../did-you-mean.js';
import type { ClassLabel } from '../engine.js';
import { Failure } from '../failure.js';

/** The contents of `dataset.json`. */
export interface DatasetFile {
  readonly name: string;
  /** The name of a known class set, or a custom class set. */
  readonly classes: string | ClassSet;
  /** By name (`train`, `val`, `test`): folders relative to the file, and a list of their files unless all belong to it. */
  readonly splits: Readonly<Record<string, DatasetSplit>>;
}

/** One split of a data set. */
export interface DatasetSplit {
  readonly images?: string;
  readonly labels?: string;
  /** A list file, as `pairList` reads it. */
  readonly list?: string;
}

/** The fields that the file's objects may have: another one is a slip, and would otherwise do nothing. */
const FILE_FIELDS: readonly (keyof DatasetFile)[] = ['name', 'classes', 'splits'];
const SPLIT_FIELDS: readonly (keyof DatasetSplit)[] = ['images', 'labels', 'list'];
const SET_FIELDS: readonly (keyof ClassSet)[] = ['name', 'title', 'classes', 'voidIndex', 'labelValues', 'voidLabels'];
const CLASS_FIELDS: readonly (keyof ClassLabel)[] = ['name', 'colour'];

/**
 * Reads and checks a `dataset.json`; undefined where there is none.
 *
 * @throws `Failure` `DATASET_INVALID` that names the faulty field.
 */
export async function readDatasetFile(path: string): Promise<DatasetFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new Failure('DATASET_INVALID', `Could not read ${path}: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const invalid = (why: string) =>
    new Failure('DATASET_INVALID', `Expected ${path} to describe a data set, but ${why}`);
  let file: DatasetFile;
  try {
    // Editors on Windows begin files with a byte order mark, which is no JSON.
    file = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw invalid(`it is not JSON: ${(error as Error).message}`);
  }
  if (typeof file !== 'object' || file === null) throw invalid('it is not an object');
  const strange = unknownField('', file, FILE_FIELDS);
  if (strange !== undefined) throw invalid(strange);
  if (typeof file.name !== 'string') throw invalid('"name" is not a string');
  if (typeof file.splits !== 'object' || file.splits === null) throw invalid('"splits" is not an object');
  for (const [split, fields] of Object.entries(file.splits)) {
    if (typeof fields !== 'object' || fields === null) throw invalid(`"splits.${split}" is not an object`);
    const strange = unknownField(`splits.${split}.`, fields, SPLIT_FIELDS);
    if (strange !== undefined) throw invalid(strange);
    for (const field of SPLIT_FIELDS) {
      const value: unknown = fields[field];
      if (value !== undefined && typeof value !== 'string') throw invalid(`"splits.${split}.${field}" is not a path`);
    }
  }
  if (typeof file.classes !== 'string') {
    const fault = classSetFault(file.classes);
    if (fault !== undefined) throw invalid(fault);
  }
  return file;
}

/** What is wrong with a handwritten class set; undefined if it is valid. */
function classSetFault(set: Partial<ClassSet> | null | undefined): string | undefined {
  if (typeof set !== 'object' || set === null) return '"classes" is neither the name of a class set nor one';
  const strange = unknownField('classes.', set, SET_FIELDS);
  if (strange !== undefined) return strange;
  if (typeof set.name !== 'string') return '"classes.name" is not a string';
  if (!Array.isArray(set.classes)) return '"classes.classes" is not a list of classes';
  const { min, max } = CLASS_LIMITS;
  if (set.classes.length < min || set.classes.length > max)
    return `"classes.classes" has ${set.classes.length} classes, not ${min} to ${max}`;
  for (const [index, each] of set.classes.entries()) {
    const fault = classFault(`classes.classes[${index}]`, each);
    if (fault !== undefined) return fault;
  }
  const { classes, voidIndex, labelValues, voidLabels } = set;
  const name = repeated(classes.map((each) => each.name));
  if (name !== undefined) return `two of "classes.classes" are called ${name}`;
  const colour = repeated(classes.map((each) => each.colour.join(', ')));
  if (colour !== undefined) return `two of "classes.classes" have the colour [${colour}]`;
  if (voidIndex !== null && !(isByte(voidIndex) && voidIndex >= classes.length)) {
    return `"classes.voidIndex" is neither null nor a number from ${classes.length} to 255`;
  }
  if (labelValues !== undefined && !(isBytes(labelValues) && labelValues.length === classes.length)) {
    return `"classes.labelValues" is not a list of ${classes.length} numbers from 0 to 255`;
  }
  const values = labelValues ?? [...classes.keys()];
  const value = repeated(values);
  if (value !== undefined) return `"classes.labelValues" has ${value} twice`;
  if (voidLabels === undefined) return undefined;
  if (!isBytes(voidLabels)) return '"classes.voidLabels" is not a list of numbers from 0 to 255';
  if (voidLabels.length > 0 && voidIndex === null)
    return '"classes.voidLabels" are given, but "classes.voidIndex" is null';
  const both = voidLabels.find((label) => values.includes(label));
  return both === undefined ? undefined : `"classes.voidLabels" has ${both}, which is the value of a class`;
}

/** What is wrong with a class; undefined if it is valid. */
function classFault(place: string, label: ClassLabel | null | undefined): string | undefined {
  const strange = typeof label === 'object' && label !== null && unknownField(`${place}.`, label, CLASS_FIELDS);
  if (strange) return strange;
  if (typeof label?.name !== 'string' || !isColour(label.colour))
    return `"${place}" is not {"name", "colour": [red, green, blue]}`;
  return label.name.trim() === '' ? `"${place}.name" is empty` : undefined;
}

/** Which field of an object is none of the known ones; undefined if all are known. */
function unknownField(place: string, given: object, known: readonly string[]): string | undefined {
  const field = Object.keys(given).find((each) => !known.includes(each));
  if (field === undefined) return undefined;
  return `it has an unknown field "${place}${field}"${didYouMean(field, known) || `; there are ${known.join(', ')}`}`;
}

/** The first value that is repeated. */
function repeated<Value>(values: readonly Value[]): Value | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}

const isByte = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256;
const isBytes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isByte);
const isColour = (value: unknown) => isBytes(value) && value.length === 3;
