import { stat } from 'node:fs/promises';
import { moduleCommand } from '../../module-command.js';
import { measureProgram, type ProgramCost } from '../process/measure-program.js';
import type { RouteOrder, RouteReport } from './route-program.js';

/** The cost of `run` on one clip, in a separate process. */
export interface RouteCost
  extends Omit<RouteReport, 'firstFrameAt'>,
    Pick<ProgramCost, 'wallSeconds' | 'cpuSeconds' | 'memory'> {
  /** From the program's start until the encoder had accepted a frame. */
  readonly firstFrameMs: number;
  readonly outputBytes: number;
}

/** Processes a clip with `run` in a separate process. @throws `Failure` `PROGRAM_FAILED`. */
export async function measureRoute(order: RouteOrder): Promise<RouteCost> {
  const call = moduleCommand(new URL('./route-program.js', import.meta.url), [JSON.stringify(order)]);
  const { output, startedAt, ...cost } = await measureProgram('run', call);
  const { firstFrameAt, ...report } = JSON.parse(output) as RouteReport;
  return { ...cost, ...report, firstFrameMs: firstFrameAt - startedAt, outputBytes: (await stat(order.output)).size };
}
