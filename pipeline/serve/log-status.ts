import type { SourceStatus } from '../../operators/supervise.js';
import type { Logger } from './log.js';

/** A source that is away is told of as often as this: at once, and then once an hour. */
const AGAIN_MS = 3_600_000;

/**
 * Returns a function that logs the states of one source. Attempts that end as the one before are logged at the level debug, but for
 * one an hour: a camera that is away for days would fill the log with the same two lines.
 */
export function createStatusLog(
  log: Logger,
  describeError: (error: unknown) => string,
): (status: SourceStatus) => void {
  let told: string | undefined;
  let toldAt = 0;
  return ({ state, epoch, error, retryAt, since }) => {
    const what = error === undefined ? undefined : describeError(error);
    const more = {
      epoch,
      ...(what !== undefined && { error: what }),
      ...(retryAt !== undefined && { retryInMs: Math.round(retryAt - since) }),
    };
    if (state === 'live' || state === 'ended') {
      told = undefined;
      log.info(more, state);
    } else if (state === 'connecting') {
      log[told === undefined ? 'info' : 'debug'](more, state);
    } else {
      const isRepeated = told === `${state} ${what}` && since - toldAt < AGAIN_MS;
      if (!isRepeated) [told, toldAt] = [`${state} ${what}`, since];
      log[isRepeated ? 'debug' : state === 'failed' ? 'error' : 'warn'](more, state);
    }
  };
}
