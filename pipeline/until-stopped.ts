import { Failure } from '../model/failure.js';
import { exitOnAbandon, listenForStop } from './run/stop.js';

/**
 * Does work whose result is wanted whole or not at all: Ctrl-C and the like abort its signal, and a second one ends the process.
 * The exit status is then that of the signal.
 *
 * @param what As the message calls it: `The evaluation`.
 * @param say Tells a person that it was heard.
 * @throws `Failure` `STOPPED`.
 */
export async function untilStopped<Result>(
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
  say = (text: string): unknown => process.stderr.write(`${text}\n`),
): Promise<Result> {
  const requests = listenForStop(() => say('Stopping (again to end at once)'));
  exitOnAbandon(requests);
  try {
    return await work(requests.stop);
  } catch (error) {
    // What was running got the signal too, and failed of it.
    throw requests.stop.aborted ? new Failure('STOPPED', `${what} was stopped`) : error;
  } finally {
    if (requests.exitStatus !== undefined) process.exitCode = requests.exitStatus;
    requests.dispose();
  }
}
