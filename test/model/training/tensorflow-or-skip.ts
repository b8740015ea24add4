import { loadTensorflow, type Tensorflow } from '../../../model/training/tensorflow.js';

/** TensorFlow, or the reason for which a test that needs it has to be skipped. */
export const tensorflow: Tensorflow | undefined = await loadTensorflow().catch(() => undefined);

/** For a test's `skip` option. */
export const withoutTensorflow: string | false =
  tensorflow === undefined ? 'TensorFlow is not set up: npm run setup:tensorflow' : false;
