import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../model/failure.js';
import type { BenchmarkOptions } from '../benchmark-options.js';
import type { LineProcess } from '../process/line-process.js';
import { type Spread, spreadOf } from '../statistics.js';
import { takeTurns } from '../take-turns.js';
import { agreementOf } from './agreement.js';
import type {
  LoadAnswer,
  LoadQuestion,
  MasksQuestion,
  MemoryAnswer,
  MemoryQuestion,
  RunAnswer,
  RunQuestion,
} from './contest-messages.js';
import type { Contestant } from './contestants.js';
import type { Workload } from './workload.js';

/** How a contest is held. */
export interface ContestRules extends BenchmarkOptions {
  readonly batch: number;
  readonly threads: number;
  /** Batches that each computes before any is timed. */
  readonly warmUps: number;
  /** Batches that each computes, one a round. */
  readonly rounds: number;
  /** The share of pixels that must be as the first contestant's. */
  readonly leastAgreement: (contestant: Contestant) => number;
}

/** What a program cost. */
export interface ContestCost {
  /** Milliseconds a frame. */
  readonly frameMs: Spread;
  /** Processor time a frame, all threads. */
  readonly cpuMsPerFrame: number;
  /** The most memory that its process held, loading included. */
  readonly peakBytes: number;
}

/** What a contestant that computed the same as the first one cost. */
export interface Result extends ContestCost {
  readonly description: string;
  /** Share of pixels as the first contestant's. */
  readonly agreement: number;
}

/** Why a contestant was not timed: it cannot run here, or its masks are others. */
export interface Refused {
  readonly refused: string;
}

/** A contestant that runs. */
interface Entered {
  readonly contestant: Contestant;
  readonly program: LineProcess;
  readonly batch: number;
  readonly description: string;
  readonly agreement: number;
}

/**
 * Lets contestants compute one workload: each in a process of its own, all loaded at once, masks compared before anything
 * is timed, then a batch each in turn.
 *
 * @throws The signal's reason; `Failure` `PROGRAM_DIED` where a program dies while it is timed.
 */
export async function holdContest(
  workload: Workload,
  contestants: readonly Contestant[],
  rules: ContestRules,
): Promise<ReadonlyMap<Contestant, Result | Refused>> {
  const outcome = new Map<Contestant, Result | Refused>();
  const entered: Entered[] = [];
  const programs: LineProcess[] = [];
  let truth: Uint8Array | undefined;
  try {
    for (const contestant of contestants) {
      rules.signal?.throwIfAborted();
      rules.onProgress?.(`loading ${contestant.title} ${contestant.precision}`);
      const program = contestant.start();
      programs.push(program);
      try {
        const { description, masks } = await enter(contestant, program, workload, rules);
        truth ??= masks;
        const agreement = agreementOf(truth, masks);
        const least = rules.leastAgreement(contestant);
        if (agreement < least) {
          const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
          throw new Failure(
            'MASKS_DIFFER',
            `its masks agree with the first ones on ${percent(agreement)} of the pixels, of ${percent(least)} that make it the same work`,
          );
        }
        entered.push({ contestant, program, batch: rules.batch, description, agreement });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        outcome.set(contestant, { refused: error.message });
        await program.close();
      }
    }
    rules.onProgress?.(`timing ${entered.length} contestants, ${rules.rounds} rounds`);
    for (const [{ contestant, description, agreement }, timed] of await timeInTurns(entered, rules)) {
      outcome.set(contestant, { description, agreement, ...timed });
    }
    // In the order in which they were given, not that in which they were refused.
    return new Map(contestants.map((contestant) => [contestant, outcome.get(contestant)!]));
  } finally {
    await Promise.all(programs.map((program) => program.close()));
  }
}

/** Has a program load a workload. @throws `Failure` with the program's own reason where it cannot. */
export function loadProgram(
  program: LineProcess,
  { folder, width, height }: Workload,
  how: Pick<LoadQuestion, 'batch' | 'threads' | 'precision' | 'engine'>,
): Promise<LoadAnswer> {
  return program.ask<LoadAnswer>({ ask: 'load', folder, width, height, ...how } satisfies LoadQuestion);
}

async function enter(contestant: Contestant, program: LineProcess, workload: Workload, rules: ContestRules) {
  const { folder } = workload;
  const { batch, threads } = rules;
  const { description } = await loadProgram(program, workload, { batch, threads, ...contestant.load });
  const path = join(folder, 'masks');
  await program.ask({ ask: 'masks', path } satisfies MasksQuestion);
  const masks = await readFile(path);
  await rm(path);
  return { description, masks };
}

/** Lets loaded programs compute a batch each in turn, after warming up. @throws As `holdContest`. */
export async function timeInTurns<One extends { readonly program: LineProcess; readonly batch: number }>(
  programs: readonly One[],
  { rounds, warmUps, signal }: Pick<ContestRules, 'rounds' | 'warmUps' | 'signal'>,
): Promise<ReadonlyMap<One, ContestCost>> {
  const run = ({ program }: One, times: number) => program.ask<RunAnswer>({ ask: 'run', times } satisfies RunQuestion);
  for (const one of programs) await run(one, warmUps);
  const turns = await takeTurns(programs, rounds, async (one) => {
    signal?.throwIfAborted();
    return run(one, 1);
  });
  const results = new Map<One, ContestCost>();
  for (const [one, answers] of turns) {
    const { peakBytes } = await one.program.ask<MemoryAnswer>({ ask: 'memory' } satisfies MemoryQuestion);
    results.set(one, {
      frameMs: spreadOf(answers.flatMap(({ ms }) => ms.map((each) => each / one.batch))),
      cpuMsPerFrame: answers.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / (rounds * one.batch),
      peakBytes,
    });
  }
  return results;
}
