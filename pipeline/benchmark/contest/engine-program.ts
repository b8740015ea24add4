import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, RgbPicture } from '../../../model/engine.js';
import { createEngine } from '../../../model/engines/index.js';
import { readWeights } from '../../../model/weights.js';
import { answerLines } from '../process/answer-lines.js';
import { cpuMsSince, peakBytes } from '../process/own-cost.js';
import type {
  LoadAnswer,
  LoadQuestion,
  MasksQuestion,
  MemoryAnswer,
  RunAnswer,
  RunQuestion,
} from './contest-messages.js';
import { workloadFiles } from './workload.js';

/* The program that runs one of this project's engines on a workload, in a separate process, so that its memory can be measured. */

let engine: Engine;
let frames: readonly RgbPicture[];
let batch: number;
let batches = 0;

async function load(question: LoadQuestion): Promise<LoadAnswer> {
  const { folder, width, height, threads, precision } = question;
  const weights = await readWeights(join(folder, workloadFiles.weights));
  engine = await createEngine({ weights, precision, threads, engine: question.engine });
  const bytes = await readFile(join(folder, workloadFiles.frames));
  const size = width * height * 3;
  frames = Array.from({ length: bytes.length / size }, (_, i) => ({
    width,
    height,
    data: bytes.subarray(i * size, (i + 1) * size),
  }));
  batch = question.batch;
  return { description: engine.description };
}

/** The next frames as a batch. */
function batchAt(number: number): readonly RgbPicture[] {
  return Array.from({ length: batch }, (_, i) => frames[(number * batch + i) % frames.length]!);
}

async function masks({ path }: MasksQuestion): Promise<object> {
  const found: Uint8Array[] = [];
  for (let i = 0; found.length < frames.length; i += 1) {
    found.push(...(await engine.segment(batchAt(i))).map(({ data }) => data));
  }
  await writeFile(path, Buffer.concat(found.slice(0, frames.length)));
  return {};
}

async function run({ times }: RunQuestion): Promise<RunAnswer> {
  const ms: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < times; i += 1) {
    const pictures = batchAt(batches);
    batches += 1;
    const begunAt = performance.now();
    await engine.segment(pictures);
    ms.push(performance.now() - begunAt);
  }
  return { ms, cpuMs: cpuMsSince(before) };
}

async function memory(): Promise<MemoryAnswer> {
  return { peakBytes: peakBytes() };
}

await answerLines({ load, masks, run, memory });
