import type { ClassLabel, Engine } from '../../model/engine.js';
import { findWeights } from '../options/find-weights.js';
import { applyPalette, presentClasses } from '../options/palettes.js';
import { shorten } from '../wording.js';
import { type FoundInputs, findInputs, type RunInput } from './find-inputs.js';
import { createLazyEngine, type LazyEngine } from './lazy-engine.js';
import { nameOutputs, type OutputPaths, replacedInput, sourcesOf } from './name-outputs.js';
import { hashFile, identify, isOutputOrPart, type MadeFrom } from './output-note.js';
import type { CheckedRunOptions } from './run-options.js';
import { takeShard } from './shard.js';

/** The most paths named in a note. In a folder that was processed before there may be thousands. */
const MOST_NAMED = 5;

/** One input and where its outputs go. */
export interface Job {
  readonly input: RunInput;
  readonly outputs: OutputPaths;
}

/** Everything that is known before the first frame. */
export interface PreparedRun {
  readonly options: CheckedRunOptions;
  readonly jobs: readonly Job[];
  /** Notes for people to read about files and folders that are not inputs. */
  readonly notes: readonly string[];
  /** Created for the first frame; its classes have the requested colours. The caller closes it. */
  readonly engine: LazyEngine;
  /** What the outputs of an input are made from; undefined for standard input, which cannot be recognised. */
  madeFrom(job: Job): Promise<MadeFrom | undefined>;
}

/**
 * Finds the inputs, names the outputs, picks this machine's shard and reads the weights.
 *
 * @param onEngine Called with the engine once it is created.
 * @throws `Failure` `OPTION_INVALID`, `OUTPUT_IS_INPUT`, `PALETTE_INVALID`, `WEIGHTS_MISSING`, `WEIGHTS_INVALID`.
 */
export async function prepareRun(
  given: CheckedRunOptions,
  onEngine: (engine: Engine) => void = () => {},
): Promise<PreparedRun> {
  const [found, { path, weights }] = await Promise.all([
    findInputs(given.inputs, { recursive: given.recursive, isOutput: isOutputOrPart }),
    findWeights(given.engine, given.nameOf),
  ]);
  const classes = await applyPalette(given.nameOf('palette'), given.palette, weights.card.classes);
  // An unknown class is refused once, before the first file, rather than by every file.
  const ignoreClass = presentClasses(given.nameOf('ignoreClass'), given.ignoreClass, classes);
  const options = { ...given, ignoreClass };
  const outputs = nameOutputs(found, options);
  const sources = sourcesOf(found.inputs);
  const all = found.inputs.map((input, index): Job => {
    // Among several inputs only this one fails; the others are processed.
    const failure = input.failure ?? replacedInput(outputs[index]!, sources);
    return { input: failure === undefined ? input : { ...input, failure }, outputs: outputs[index]! };
  });
  const jobs = options.shard === undefined ? all : takeShard(all, options.shard, ({ input }) => input.path);
  const hash = hashFile(path);
  hash.catch(() => {});
  const deciding = decidingOptions(options, classes);
  // A single picture has nothing to be processed beside it.
  const usualGoal = jobs.length === 1 && jobs[0]!.input.kind === 'image' ? 'latency' : 'throughput';
  const makeEngine = async () => {
    const { createEngine } = await import('../../model/engines/index.js');
    const { engine, provider, precision, threads, goal = usualGoal } = options.engine;
    return createEngine({ weights, engine, provider, precision, threads, goal });
  };
  return {
    options,
    jobs,
    notes: describeLeftOut(found),
    engine: createLazyEngine(makeEngine, weights.card, classes, onEngine),
    async madeFrom({ input, outputs }) {
      const identity = await identify(input);
      if (identity === undefined) return undefined;
      return { input: identity, weights: await hash, options: { ...deciding, outputs: Object.keys(outputs) } };
    },
  };
}

function describeLeftOut({ leftOut, passedOver, unknown }: FoundInputs): readonly string[] {
  const list = (paths: readonly string[]): string => {
    const more = paths.length - MOST_NAMED;
    return `${paths.slice(0, MOST_NAMED).map(shorten).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  return [
    ...(leftOut.length > 0 ? [`Left out, written by earlier runs: ${list(leftOut)}`] : []),
    ...(unknown.length > 0 ? [`Left out, neither videos nor pictures: ${list(unknown)}`] : []),
    ...(passedOver.length > 0 ? [`Not looked into without --recursive: ${list(passedOver)}`] : []),
  ];
}

/** Options that determine the outputs as they are. Options that only affect speed (engine, threads, batch) do not. */
const DECIDING = [
  'visualize',
  'opacity',
  'legend',
  'smooth',
  'exclude',
  'stride',
  'start',
  'duration',
  'track',
  'size',
  'crf',
] as const satisfies readonly (keyof CheckedRunOptions)[];

/** `DECIDING` and everything else that determines the outputs, to be compared with the notes of earlier runs. */
function decidingOptions(
  options: CheckedRunOptions,
  classes: readonly ClassLabel[],
): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(DECIDING.map((option) => [option, options[option] ?? null])),
    ignoreClass: [...options.ignoreClass].sort(),
    colours: Object.fromEntries(classes.map(({ name, colour }) => [name, colour])),
    encoder: options.encoder ?? 'auto',
    precision: options.engine.precision,
  };
}
