import { setTimeout as sleep } from 'node:timers/promises';

/** Threads of the previous contestant spin for a while after their work, and would take half the cores from the next one. */
const REST_MS = 100;

/**
 * Lets contestants take turns for a number of rounds, so that other load on the machine affects all of them equally. Each round
 * begins with a different contestant, so that none always follows the same neighbour, and each turn begins after a rest.
 *
 * @returns The results of the turns, by contestant, in the order of the rounds.
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
