import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, Subject, take, toArray } from 'rxjs';
import { broadcast } from '../../../operators/broadcast.js';
import { decode } from '../../../operators/decode.js';
import { frameNow, type SegmentedFrame } from '../../../operators/frame.js';
import { segment } from '../../../operators/segment.js';
import { asIs } from '../../options/flag.js';
import { LISTEN_DEFAULTS } from '../../options/listen-options.js';
import { openEngineServer } from '../../serve/open-engine-server.js';
import { createNothingEngine } from '../nothing-engine.js';
import type { ViewedServer } from '../open-viewer.js';
import { answerLines } from '../process/answer-lines.js';
import { cpuMsSince } from '../process/own-cost.js';

/* The program that shows frames of one clip to viewers, 25 per second, without a network, so that only the server is measured. */

/** Opens the server. */
export interface OpenQuestion {
  readonly ask: 'open';
  readonly clip: string;
}

/** The server's address and token. */
export type OpenAnswer = ViewedServer;

/** Shows a number of frames. */
export interface ShowQuestion {
  readonly ask: 'show';
  readonly frames: number;
}

/** The cost of showing frames. */
export interface ShowAnswer {
  /** Processor time of the server, over all frames. */
  readonly cpuMs: number;
}

const FRAME_MS = 40;
/** The number of the clip's frames, which are shown repeatedly. */
const FRAMES = 25;

let frames: readonly SegmentedFrame[];
let shown: Subject<SegmentedFrame>;

async function open({ clip }: OpenQuestion): Promise<OpenAnswer> {
  const engine = createNothingEngine();
  frames = await lastValueFrom(
    decode(clip, { source: 'clip', gateLimit: FRAMES + 1 }).pipe(segment(engine), take(FRAMES), toArray()),
  );
  const token = randomUUID();
  // All viewers are on this machine.
  const options = { ...LISTEN_DEFAULTS, port: 0, maxClientsPerAddress: 1000 };
  const server = await openEngineServer(engine, ['clip'], options, token, { nameOf: asIs });
  shown = new Subject();
  from(shown).pipe(broadcast(server.hub)).subscribe();
  return { url: server.url, token };
}

async function show(question: ShowQuestion): Promise<ShowAnswer> {
  const before = process.cpuUsage();
  const begunAt = performance.now();
  for (let index = 0; index < question.frames; index += 1) {
    const arrivedAt = frameNow();
    shown.next({ ...frames[index % frames.length]!, index, ptsUs: index * FRAME_MS * 1000, arrivedAt });
    await sleep(Math.max(begunAt + (index + 1) * FRAME_MS - performance.now(), 0));
  }
  return { cpuMs: cpuMsSince(before) };
}

await answerLines({ open, show });
