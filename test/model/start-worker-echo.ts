import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../model/failure.js';

const { factor }: { factor: number } = workerData;

parentPort!.on('message', (message: unknown) => {
  if (!(message instanceof Uint8Array)) throw new Failure('INPUT_INVALID', 'expected bytes');
  parentPort!.postMessage(message.map((value) => value * factor));
});
