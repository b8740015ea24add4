import { join } from 'node:path';
import { Failure } from '../failure.js';
import type { Network } from '../network.js';
import { checkWeights } from '../parameters.js';
import { readMetadata, readSafetensors, type Tensor, writeSafetensors } from '../safetensors.js';
import type { WeightsCard } from '../weights.js';
import type { Recipe } from './recipe.js';

/** The state of a training, apart from its tensors. */
export interface TrainingState {
  readonly recipe: Recipe;
  readonly seed: number;
  /** The next epoch, from 0. */
  readonly epoch: number;
  /** The next step of that epoch, from 0. */
  readonly step: number;
  /** Seconds of training so far. */
  readonly seconds: number;
  /** The scores of the best validation, in per cent; its epoch counts from 1. */
  readonly best?: { readonly epoch: number; readonly G: number; readonly C: number; readonly mIoU: number };
  readonly card: WeightsCard;
  /** The losses of the current epoch's steps. */
  readonly losses: { readonly sum: number; readonly count: number };
  /** SHA-256 of the names of the training pictures. */
  readonly listing: string;
}

/** Everything that is needed to resume a training exactly. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** The parameters, their moving average (prefix `average.`) and the optimizer's state (prefix `slot.`). */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** The path of a training's checkpoint in its folder. */
export function checkpointPathOf(directory: string): string {
  return join(directory, 'last.safetensors');
}

/** Writes a checkpoint atomically; it is a weights file as well. */
export function writeCheckpoint(path: string, { state, tensors }: Checkpoint): Promise<void> {
  return writeSafetensors(
    path,
    { format: 'pt', card: JSON.stringify(state.card), state: JSON.stringify(state) },
    tensors,
  );
}

/**
 * Refuses the checkpoint of a training where weights are to be changed: the change would cost it its state, and its weights are
 * not the averaged ones that were validated.
 *
 * @throws `Failure` `WEIGHTS_INVALID` for a checkpoint, and as `readMetadata`.
 */
export async function refuseCheckpoint(path: string): Promise<void> {
  if ((await readMetadata(path)).state === undefined) return;
  throw new Failure(
    'WEIGHTS_INVALID',
    `Expected weights at ${path}, got a checkpoint of training: the weights that validated best are in best.safetensors beside it`,
  );
}

/** Parses the state; undefined if it lacks what is needed to resume. */
function parseState(text: string): TrainingState | undefined {
  let state: Partial<TrainingState> | null;
  try {
    state = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  const isUsable =
    isObject(state?.recipe) &&
    isObject(state?.recipe?.augmentation) &&
    isObject(state?.card) &&
    isObject(state?.losses) &&
    typeof state?.listing === 'string' &&
    [state?.seed, state?.epoch, state?.step, state?.seconds].every(Number.isFinite);
  return isUsable ? (state as TrainingState) : undefined;
}

/**
 * Checks that a training is resumed with the network that it began with.
 *
 * @throws `Failure` `CHECKPOINT_MISMATCH` for a network of another name, `WEIGHTS_MISMATCH` where its parameters do not fit.
 */
export function checkSameNetwork(network: Network, { state, tensors }: Checkpoint): void {
  if (state.card.network !== network.name) {
    throw new Failure(
      'CHECKPOINT_MISMATCH',
      `Expected the checkpoint's network ${state.card.network}, got ${network.name}`,
    );
  }
  checkWeights(network, tensors);
}

/**
 * Reads a checkpoint.
 *
 * @throws `Failure` `CHECKPOINT_MISSING`, `CHECKPOINT_INVALID` where the file is damaged or no checkpoint.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { metadata, tensors } = await readSafetensors(path).catch((error: Error) => {
    const missing = (error as { code?: string }).code === 'WEIGHTS_MISSING';
    throw missing
      ? new Failure('CHECKPOINT_MISSING', `Expected a checkpoint to resume from at ${path}, found none`)
      : new Failure('CHECKPOINT_INVALID', error.message);
  });
  const invalid = (why: string) =>
    new Failure('CHECKPOINT_INVALID', `Expected ${path} to be a checkpoint of training, but it holds ${why}`);
  if (metadata.state === undefined) throw invalid('weights alone');
  const state = parseState(metadata.state);
  if (state === undefined)
    throw invalid('no state that can be gone on from: recipe, seed, epoch, step, seconds, card, losses, listing');
  return { state, tensors };
}
