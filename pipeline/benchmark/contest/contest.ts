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

/** The rules of a contest. */
export interface ContestRules extends BenchmarkOptions {
  readonly batch: number;
  readonly threads: number;
  /** Batches that each contestant computes before timing. */
  readonly warmUps: number;
  /** Batches that each contestant computes, one per round. */
  readonly rounds: number;
  /** The share of pixels that must agree with the first contestant. */
  readonly leastAgreement: (contestant: Contestant) => number;
}

/** The cost of a program. */
export interface ContestCost {
  /** Milliseconds per frame. */
  readonly frameMs: Spread;
  /** Processor time per frame, all threads. */
  readonly cpuMsPerFrame: number;
  /** Peak memory of its process, including loading. */
  readonly peakBytes: number;
}

/** The result of a contestant that agreed with the first one. */
export interface Result extends ContestCost {
  readonly description: string;
  /** The share of pixels that agree with the first contestant. */
  readonly agreement: number;
}

/** Why a contestant was not timed: it cannot run here, or its masks differ. */
export interface Refused {
  readonly refused: string;
}

/** A running contestant. */
interface Entered {
  readonly contestant: Contestant;
  readonly program: LineProcess;
  readonly batch: number;
  readonly description: string;
  readonly agreement: number;
}

/**
 * Lets contestants compute one workload, each in a separate process. All are loaded at once, their masks are compared before
 * timing, and then they compute a batch each in turn.
 *
 * @throws The signal's reason; `Failure` `PROGRAM_DIED` if a program dies while it is timed.
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
    // In the order of the contestants, not of refusals.
    return new Map(contestants.map((contestant) => [contestant, outcome.get(contestant)!]));
  } finally {
    await Promise.all(programs.map((program) => program.close()));
  }
}

/** Makes a program load a workload. @throws `Failure` with the program's own reason if it cannot. */
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

/** Lets loaded programs warm up and then compute a batch each in turn. @throws As `holdContest`. */
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
