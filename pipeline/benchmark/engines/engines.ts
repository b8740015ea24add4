import { availableParallelism } from 'node:os';
import type { Engine } from '../../../model/engine.js';
import { Failure } from '../../../model/failure.js';
import type { Size } from '../../../model/size.js';
import { sampleClip } from '../../options/package-root.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import { type BenchmarkWeights, benchmarkWeights, calibrated } from '../benchmark-weights.js';
import { leastAgreement } from '../contest/agreement.js';
import { holdContest, type Refused, type Result } from '../contest/contest.js';
import { listContestants } from '../contest/contestants.js';
import { removeWorkload, writeWorkload } from '../contest/workload.js';
import { describeMachine, type Machine } from '../machine.js';
import { findPeers, requirePeers } from '../peers.js';
import { sampleFrames } from '../sample-frames.js';

/** Options of `benchmark engines`. */
export interface EnginesOptions extends BenchmarkOptions {
  readonly networks: readonly string[];
  /** @default ['onnx'] */
  readonly engines?: readonly ('onnx' | 'tensorflow')[] | undefined;
  /** Defaults to both. */
  readonly precisions?: readonly Engine['precision'][] | undefined;
  /** @default [1] */
  readonly batches?: readonly number[] | undefined;
  /** Defaults to 480x360. */
  readonly size?: Size | undefined;
  /** The same number for all contestants. Defaults to one for each core. */
  readonly threads?: number | undefined;
  /** Timed batches of each contestant. @default 20 */
  readonly rounds?: number | undefined;
  /** Batches of each contestant before timing. @default 3 */
  readonly warmUps?: number | undefined;
  /** Names of peers. Defaults to all that are installed. */
  readonly peers?: readonly string[] | undefined;
  /** The source of the frames. Defaults to the sample clip. */
  readonly clip?: string | undefined;
  /** The number of different frames. @default 8 */
  readonly frames?: number | undefined;
}

/** One contestant on one network at one batch size. */
export type EngineRow = {
  readonly network: string;
  readonly contestant: string;
  readonly isPeer: boolean;
  readonly precision: Engine['precision'];
  readonly batch: number;
} & (Result | Refused);

/** The result of `benchmark engines`. */
export interface EnginesResult {
  readonly machine: Machine;
  readonly size: Size;
  readonly threads: number;
  /** Whether weights are trained or random, by network. */
  readonly weights: Readonly<Record<string, BenchmarkWeights['origin']>>;
  /** By network and batch. The first contestant, with which the others are compared, comes first. */
  readonly rows: readonly EngineRow[];
}

/**
 * Times engines, and peers if installed, on the same networks, weights and frames.
 *
 * @throws `Failure` `NETWORK_UNKNOWN`, `PEER_MISSING`, `PEER_FAILED`, and as `sampleFrames` and `holdContest`.
 */
export async function benchmarkEngines(options: EnginesOptions): Promise<EnginesResult> {
  const { networks, engines = ['onnx'], precisions = ['float32', 'int8'], batches = [1] } = options;
  const { size = { width: 480, height: 360 }, threads = availableParallelism(), signal } = options;
  const machine = await describeMachine();
  const peers = await (options.peers === undefined ? findPeers() : requirePeers(options.peers));
  const contestants = listContestants(engines, precisions, peers);
  const asked = [...engines, ...(options.peers === undefined ? [] : peers.map(({ title }) => title))];
  const idle = asked.find((title) => !contestants.some((each) => each.title === title));
  if (idle !== undefined)
    throw new Failure('OPTION_INVALID', `Expected a precision that ${idle} has, got ${precisions.join(', ')}`);
  const frames = await sampleFrames(options.clip ?? sampleClip, size, options.frames ?? 8);
  const rows: EngineRow[] = [];
  const origins: Record<string, BenchmarkWeights['origin']> = {};
  for (const network of networks) {
    signal?.throwIfAborted();
    const { weights, origin } = await benchmarkWeights(network);
    origins[network] = origin;
    const ready = precisions.includes('int8') ? await calibrated(weights, frames) : weights;
    const workload = await writeWorkload(ready, frames, { peers: peers.length > 0 });
    try {
      for (const batch of batches) {
        const results = await holdContest(workload, contestants, {
          batch,
          threads,
          warmUps: options.warmUps ?? 3,
          rounds: options.rounds ?? 20,
          leastAgreement: ({ precision }) => leastAgreement(precision, origin),
          signal,
          onProgress: (text) => options.onProgress?.(`${network}, batch ${batch}: ${text}`),
        });
        for (const [{ title, precision, isPeer }, result] of results) {
          rows.push({ network, contestant: title, isPeer, precision, batch, ...result });
        }
      }
    } finally {
      await removeWorkload(workload);
    }
  }
  return { machine, size, threads, weights: origins, rows };
}
