import { setTimeout as sleep } from 'node:timers/promises';

/** Threads of the one before spin for a while after their work, and would have half the cores of who comes next. */
const REST_MS = 100;

/**
 * Lets contestants take turns for a number of rounds, so that whatever else the machine does meets all of them alike. Each
 * round begins with another one, so that none always follows the same neighbour, and each begins after a rest.
 *
 * @returns What each turn gave, by contestant, in the order of the rounds.
 */
export async function takeTurns<Contestant, Result>(
  contestants: readonly Contestant[],
  rounds: number,
  turn: (contestant: Contestant, round: number) => Promise<Result>,
): Promise<ReadonlyMap<Contestant, readonly Result[]>> {
  const results = new Map<Contestant, Result[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      await sleep(REST_MS);
      const contestant = contestants[(round + place) % contestants.length]!;
      results.get(contestant)!.push(await turn(contestant, round));
    }
  }
  return results;
}
