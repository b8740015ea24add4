import { loadTensorflow } from '../training/tensorflow.js';
import { createTrainable, predict } from '../training/trainable.js';
import { engineThread, type SegmentPixels, segmentInRuns } from './engine-thread.js';
import type { TensorflowBegan, TensorflowData } from './tensorflow.js';

/* The thread in which the tensorflow engine computes, since its calls block. */

const { data, begin, answer } = engineThread<TensorflowBegan, TensorflowData>();

/** Approximate number of pixels in one run; activations are kept until a run ends. */
const PIXELS_PER_RUN = 4 * 480 * 360;

async function start(): Promise<SegmentPixels> {
  const { network, weights } = data;
  const tf = await loadTensorflow();
  const trainable = createTrainable(tf, network, weights.tensors, weights.card.normalisation);
  return (request) => {
    const { width, height } = request;
    const most = Math.max(1, Math.floor(PIXELS_PER_RUN / (width * height)));
    return segmentInRuns(request, most, async (data, count, keep) =>
      keep(predict(tf, trainable, { width, height, data }, { count })),
    );
  };
}

try {
  const segment = await start();
  begin({ type: 'ready' });
  answer(segment, (error) => (error as Error).message.split('\n')[0]!);
} catch (error) {
  begin({ type: 'unavailable', reason: (error as Error).message });
}
