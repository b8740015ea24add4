import { Failure } from '../model/failure.js';
import { exitOnAbandon, listenForStop } from './listen-for-stop.js';

/**
 * Does work that has no partial result: Ctrl-C and similar signals abort it, and a second one ends the process. The exit status
 * is then that of the signal.
 *
 * @param what The name of the work in the message: `The evaluation`.
 * @param say Called with a message for the user once a stop is requested.
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
    // A child process gets the signal too, and its failure is not reported.
    throw requests.stop.aborted ? new Failure('STOPPED', `${what} was stopped`) : error;
  } finally {
    if (requests.exitStatus !== undefined) process.exitCode = requests.exitStatus;
    requests.dispose();
  }
}
