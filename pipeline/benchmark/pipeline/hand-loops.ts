import { availableParallelism } from 'node:os';
import { fitInside } from '../../../model/dataset/scale.js';
import { probe } from '../../../operators/probe.js';
import type { ProgramCall } from '../../module-command.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { findWeights } from '../../options/find-weights.js';
import type { LoadQuestion } from '../contest/contest-messages.js';
import { removeWorkload, writeWorkload } from '../contest/workload.js';
import { peerCommand, requirePeers } from '../peers.js';
import { measureProgram } from '../process/measure-program.js';
import { sampleFrames } from '../sample-frames.js';

/** Handwritten loops in Python, as people write them, ready to run. */
export interface HandLoops {
  readonly ways: readonly { readonly title: string; readonly call: ProgramCall }[];
  /** Removes their files. */
  close(): Promise<void>;
}

/** OpenCV reads, draws the classes and writes; a runtime computes. The second loop computes in a separate thread. */
const LOOPS = [
  { runtime: 'onnxruntime', precision: 'float32', title: 'Python loop, ONNX Runtime float32' },
  { runtime: 'openvino', precision: 'int8', title: 'Python loop, OpenVINO int8 in a thread' },
] as const;

/** The number of frames that calibrate int8. */
const FRAMES = 8;

/**
 * Writes the requested network for the loops, at the size at which `run` computes the clip.
 *
 * @throws `Failure` `PEER_MISSING`, `PEER_FAILED`, and as `findWeights` and `probe`.
 */
export async function prepareHandLoops(clip: string, output: string, engine: EngineOptions): Promise<HandLoops> {
  await requirePeers(['opencv', ...LOOPS.map(({ runtime }) => runtime)]);
  const [{ weights }, info] = await Promise.all([findWeights(engine), probe(clip)]);
  const [num, den] = info.pixelAspect;
  const shown = { width: (info.width * num) / den, height: info.height };
  const size = fitInside(shown, weights.card.inputSize);
  const workload = await writeWorkload(weights, await sampleFrames(clip, size, FRAMES), { peers: true });
  const { folder } = workload;
  const colours = weights.card.classes.map(({ colour }) => colour);
  const threads = engine.threads ?? availableParallelism();
  const ways: { title: string; call: ProgramCall }[] = [];
  for (const { runtime, precision, title } of LOOPS) {
    const load = { ask: 'load', folder, ...size, batch: 1, threads, precision } satisfies LoadQuestion;
    const order = { ...load, clip, output, colours, runtime };
    // Done before timing, just as the packaged weights are already calibrated.
    if (precision === 'int8') await measureProgram(title, peerCommand('model.py', [runtime, JSON.stringify(load)]));
    ways.push({ title, call: peerCommand('video_loop.py', [JSON.stringify(order)]) });
  }
  return { ways, close: () => removeWorkload(workload) };
}
