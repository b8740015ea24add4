import { groupBy, map, merge, mergeMap, type OperatorFunction, skip, take, takeLast, timer } from 'rxjs';
import { subnetOf } from './subnet.js';

/** A client that was refused, closed or cut. */
export interface ClosedClient {
  readonly address: string;
  readonly code: number;
  readonly reason: string;
  /** How many more with its address and code were closed since the last report. */
  readonly more?: number;
}

const QUIET_MS = 60_000;

/** Passes on the first client of each address and code, and a minute later how many more there were, so that retrying clients do not fill the log. */
export function tellClosed(): OperatorFunction<ClosedClient, ClosedClient> {
  return (source) =>
    source.pipe(
      groupBy(({ address, code }) => `${code} ${subnetOf(address)}`, { duration: () => timer(QUIET_MS) }),
      mergeMap((same) => {
        const others = same.pipe(
          skip(1),
          map((client, index) => ({ ...client, more: index + 1 })),
        );
        return merge(same.pipe(take(1)), others.pipe(takeLast(1)));
      }),
    );
}
