import { lastValueFrom, merge } from 'rxjs';
import { decode } from '../../../operators/decode.js';
import { createMeter, measure } from '../../../operators/measure.js';
import { segment } from '../../../operators/segment.js';
import type { EngineOptions } from '../../options/engine-options.js';
import { openEngine } from '../../options/open-engine.js';
import { followOrder } from '../process/follow-order.js';

/* The program that segments several streams at once with one engine, as `serve` does. Prints a `StreamsReport`. */

/** The program's order, JSON in its only argument. */
export interface StreamsOrder {
  readonly clip: string;
  readonly streams: number;
  /** How many seconds of the clip each stream processes. */
  readonly seconds: number;
  readonly engine: EngineOptions;
}

/** The result of all streams together, from their first frame to their last. */
export interface StreamsReport {
  readonly frames: number;
  readonly framesPerSecond: number;
}

async function segmentStreams({ clip, streams, seconds, engine: options }: StreamsOrder): Promise<StreamsReport> {
  const engine = await openEngine(options);
  const meter = createMeter();
  const sources = Array.from({ length: streams }, (_, i) =>
    decode(clip, { source: `stream ${i}`, fit: engine.inputSize, durationSeconds: seconds, gateLimit: 4 }).pipe(
      segment(engine),
    ),
  );
  await lastValueFrom(merge(...sources).pipe(measure(meter)));
  await engine.close();
  const { frames, fps } = meter.read();
  return { frames, framesPerSecond: fps };
}

await followOrder(segmentStreams);
