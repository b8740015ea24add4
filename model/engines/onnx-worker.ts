import { availableParallelism } from 'node:os';
import { multiplyAdds } from '../cost.js';
import { GRAPH_INPUT } from '../onnx/float-layers.js';
import { buildGraph } from '../onnx/graph.js';
import { buildInt8Graph } from '../onnx/int8-graph.js';
import { shapesOf } from '../shapes.js';
import type { SegmentRequest } from './batch.js';
import { engineThread, segmentInRuns } from './engine-thread.js';
import type { OnnxBegan, OnnxData, Refusal } from './onnx-messages.js';
import type { Provider } from './onnx-providers.js';
import { env, InferenceSession, Tensor } from './onnx-runtime.js';

/*
 * The thread in which the onnx engine computes: `run` blocks it, never the event loop of the application. Requests are answered
 * one by one, in order.
 */

const { data, begin, answer } = engineThread<OnnxBegan, OnnxData>();
const { network, weights, providers, threads, mostThreads, int8 } = data;

/** The number of picture sizes for which sessions are kept. Each session holds a copy of the weights. */
const SESSION_LIMIT = 3;

/** Approximate limit of the memory for the maps of one run; larger batches are split. On the processor, large batches gain nothing. */
const RUN_BYTES = { cpu: 384 * 2 ** 20, gpu: 2 * 2 ** 30 };

// What ONNX Runtime logs about missing providers is thrown as an error as well.
env.logLevel = 'fatal';

async function createSession(provider: Provider, width: number, height: number): Promise<InferenceSession> {
  const common = { width, height, output: 'mask' } as const;
  const graph =
    provider !== 'cpu' || int8 === undefined
      ? buildGraph(network, weights, { ...common, unpool: provider === 'cpu' ? 'indices' : 'planes' })
      : buildInt8Graph(network, weights, int8.calibration, { ...common, limit: int8.limit });
  return InferenceSession.create(graph, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads ?? threadsFor(width, height),
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
}

/**
 * The multiply-adds of one picture that justify a thread. With less work, threads spend longer spinning while they wait for
 * each other than computing, which slows down everything else (DECISIONS.md).
 */
const WORK_PER_THREAD = { float32: 1e9, int8: 4e9 };

/** The number of threads for a picture size. 0 leaves it to ONNX Runtime, which takes one per physical core. */
function threadsFor(width: number, height: number): number {
  const worth = multiplyAdds(network, height, width) / WORK_PER_THREAD[int8 === undefined ? 'float32' : 'int8'];
  if (mostThreads !== undefined) return Math.min(Math.ceil(worth), mostThreads);
  return worth >= availableParallelism() ? 0 : Math.ceil(worth);
}

/** How many pictures of this size fit in one run, judged by the largest map, its input and what convolutions unfold it into. */
function picturesPerRun(provider: Provider, width: number, height: number): number {
  const bytes = provider === 'cpu' && int8 !== undefined ? 1 : 4;
  let largest = 0;
  for (const shape of shapesOf(network, height, width).values()) {
    largest = Math.max(largest, bytes * shape.channels * shape.height * shape.width);
  }
  return Math.max(1, Math.floor(RUN_BYTES[provider === 'cpu' ? 'cpu' : 'gpu'] / (3 * largest)));
}

/** Sessions by picture size; the least recently used one is released when there are too many. */
function sessionCache(provider: Provider) {
  const sessions = new Map<string, InferenceSession>();
  return async (width: number, height: number): Promise<InferenceSession> => {
    const key = `${width}x${height}`;
    const session = sessions.get(key) ?? (await createSession(provider, width, height));
    // A Map keeps insertion order, so the session just used is inserted again at the end.
    sessions.delete(key);
    sessions.set(key, session);
    if (sessions.size > SESSION_LIMIT) {
      const [oldest, unused] = sessions.entries().next().value!;
      sessions.delete(oldest);
      await unused.release();
    }
    return session;
  };
}

function segment(
  session: InferenceSession,
  provider: Provider,
  request: SegmentRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = request;
  return segmentInRuns(request, picturesPerRun(provider, width, height), async (pixels, count, keep) => {
    const results = await session.run({ [GRAPH_INPUT]: new Tensor('uint8', pixels, [count, height, width, 3]) });
    const output = results.mask!;
    // The output's memory belongs to the session.
    keep(output.data as Uint8Array);
    output.dispose();
  });
}

/**
 * Starts on the first provider that can create a session for the weights' picture size. The processor always can, so there no
 * session is created yet: the first picture usually has another size, and a second session would cost time and memory.
 */
async function start() {
  const { width, height } = weights.card.inputSize;
  const refused: Refusal[] = [];
  for (const provider of providers) {
    try {
      const sessionFor = sessionCache(provider);
      if (provider !== 'cpu') {
        const session = await sessionFor(width, height);
        // GPUs compile on the first run, so a first run is made here rather than on the first frame.
        await segment(session, provider, { count: 1, width, height, pixels: new Uint8Array(width * height * 3) });
      }
      begin({ type: 'ready', provider, refused });
      return { provider, sessionFor };
    } catch (error) {
      refused.push({ provider, reason: reasonOf(error) });
    }
  }
  begin({ type: 'unavailable', refused });
  return undefined;
}

/** The first line of an ONNX Runtime error, without the path on its build machine. */
function reasonOf(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!;
  return line.replace(/^\/onnxruntime_src\S+ .*?(?=Failed|\[ONNXRuntimeError\])/, '');
}

const started = await start();
if (started !== undefined) {
  const { provider, sessionFor } = started;
  answer(async (request) => segment(await sessionFor(request.width, request.height), provider, request), reasonOf);
}
