import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../../model/engine.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { asIs } from '../../options/flag.js';
import { openEngine } from '../../options/open-engine.js';
import type { LiveServer } from '../../serve/live-server.js';
import { createLog } from '../../serve/log.js';
import { serve } from '../../serve/serve.js';
import { answerLines } from '../process/answer-lines.js';
import { processTree, readOr } from '../process/process-tree.js';

/* The program that serves one clip at its own frame rate, repeatedly, and reports the cost. */

/** Starts serving. */
export interface ServeQuestion {
  readonly ask: 'serve';
  readonly clip: string;
  readonly engine: EngineOptions;
  /** The token of viewers. */
  readonly token: string;
}

/** The server's URL. */
export interface ServeAnswer {
  readonly url: string;
}

/** Measures the cost for a while. */
export interface CostQuestion {
  readonly ask: 'cost';
  readonly seconds: number;
}

/** The cost of serving in that time. */
export interface CostAnswer {
  /** Frames segmented in that time. */
  readonly frames: number;
  /** Processor time of the server, its threads and its ffmpeg. */
  readonly cpuMs: number;
  /** The part of `cpuMs` in the engine's threads. */
  readonly engineCpuMs: number;
  /** The number of the engine's threads. */
  readonly engineThreads: number;
}

/** `sysconf(_SC_CLK_TCK)` of every Linux that Node runs on. */
const TICK_MS = 10;

let live: LiveServer | undefined;
const engineThreads = new Set<string>();

/** Opens an engine and records its threads: those that start while it is opened, and with the first picture of each size. */
async function openWatched(options: EngineOptions): Promise<Engine> {
  // libuv starts its own threads with the first file that is read.
  await readFile('/proc/self/stat');
  const watch = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const before = new Set(readdirSync('/proc/self/task'));
    const result = await work();
    for (const thread of readdirSync('/proc/self/task')) if (!before.has(thread)) engineThreads.add(thread);
    return result;
  };
  const engine = await watch(() => openEngine(options));
  const sizes = new Set<string>();
  return {
    ...engine,
    segment(batch, more) {
      const size = batch.map(({ width, height }) => `${width}x${height}`).join();
      if (sizes.has(size)) return engine.segment(batch, more);
      sizes.add(size);
      return watch(() => engine.segment(batch, more));
    },
  };
}

function start({ clip, engine, token }: ServeQuestion): Promise<ServeAnswer> {
  return new Promise((resolve, reject) => {
    serve(
      { sources: [`clip=${clip}`], loop: true, port: 0, token },
      {
        createEngine: () => openWatched(engine),
        createLog: (scrub) => createLog({ format: 'text', level: 'silent', scrub, write: () => {} }),
        signal: new AbortController().signal,
        nameOf: asIs,
        onListening(server) {
          live = server;
          resolve({ url: server.url });
        },
      },
    ).catch(reject);
  });
}

async function cost({ seconds }: CostQuestion): Promise<CostAnswer> {
  const before = read();
  await sleep(seconds * 1000);
  const after = read();
  return {
    frames: after.frames - before.frames,
    cpuMs: after.cpuMs - before.cpuMs,
    engineCpuMs: after.engineCpuMs - before.engineCpuMs,
    engineThreads: after.engineThreads,
  };
}

function read(): CostAnswer {
  const sum = (times: readonly number[]) => times.reduce((total, time) => total + time, 0);
  return {
    frames: live!.hub.streams[0]!.segmented.total,
    cpuMs: sum(processTree(process.pid).map((pid) => cpuMsOf(`/proc/${pid}/stat`))),
    engineCpuMs: sum([...engineThreads].map((thread) => cpuMsOf(`/proc/self/task/${thread}/stat`))),
    engineThreads: engineThreads.size,
  };
}

function cpuMsOf(stat: string): number {
  // Fields after the name, which may contain anything: state is the first, utime and stime are the 12th and 13th.
  const fields = readOr(() => readFileSync(stat, 'utf8'), '')
    .split(') ')
    .at(-1)!
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

await answerLines({ serve: start, cost });
