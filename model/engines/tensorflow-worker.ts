import { parentPort, workerData } from 'node:worker_threads';
import { loadTensorflow } from '../training/tensorflow.js';
import { createTrainable } from '../training/trainable.js';
import type { SegmentRequest } from './batch.js';
import { endComputing } from './computing.js';
import type { TensorflowReply, TensorflowWorkerData } from './tensorflow.js';

/* The thread in which the tensorflow engine computes, since its calls block. */

const { computing, network, weights } = workerData as TensorflowWorkerData;

/** Approximate number of pixels in one run; activations are kept until a run ends. */
const PIXELS_PER_RUN = 4 * 480 * 360;

function reply(message: TensorflowReply, transfer: ArrayBuffer[] = []): void {
  endComputing(computing);
  parentPort!.postMessage(message, transfer);
}

async function start() {
  const tf = await loadTensorflow();
  const trainable = createTrainable(tf, network, weights.tensors, weights.card.normalisation);
  return ({ count, width, height, pixels }: SegmentRequest): Uint8Array<ArrayBuffer> => {
    const masks = new Uint8Array(count * width * height);
    const step = Math.max(1, Math.floor(PIXELS_PER_RUN / (width * height)));
    for (let first = 0; first < count; first += step) {
      const batch = Math.min(step, count - first);
      const part = pixels.subarray(first * width * height * 3, (first + batch) * width * height * 3);
      const mask = tf.tidy(() => {
        const images = tf.tensor4d(part, [batch, height, width, 3], 'int32');
        return tf.argMax(trainable.scores(images, { training: false }), 3).toInt();
      });
      masks.set(mask.dataSync(), first * width * height);
      mask.dispose();
    }
    return masks;
  };
}

try {
  const segment = await start();
  reply({ type: 'ready' });
  parentPort!.on('message', (request: SegmentRequest) => {
    try {
      const masks = segment(request);
      reply({ type: 'masks', masks, pixels: request.pixels }, [masks.buffer, request.pixels.buffer]);
    } catch (error) {
      reply({ type: 'failed', reason: (error as Error).message.split('\n')[0]! });
    }
  });
} catch (error) {
  reply({ type: 'unavailable', reason: (error as Error).message });
}
