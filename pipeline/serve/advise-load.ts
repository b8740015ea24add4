import type { LiveStream } from './live-stream.js';

/** Below this share of frames segmented a stream is said to be more than the machine can hold. */
const ENOUGH = 0.5;

/** Sets or clears each stream's `advice`: what to lower where most of what is decoded cannot be segmented. */
export function adviseLoad(streams: readonly LiveStream[]): void {
  const live = streams.filter((stream) => stream.info.state === 'live');
  const decoded = sum(live.map((stream) => stream.decoded.perSecond));
  const segmented = sum(live.map((stream) => stream.segmented.perSecond));
  // What `--max-fps` drops was not meant to be segmented.
  const busy = sum(live.map((stream) => stream.dropped.busy)) > 0;
  const overloaded = busy && segmented > 0 && segmented < decoded * ENOUGH;
  for (const stream of streams) {
    stream.advice = overloaded ? advice(live.length, decoded, segmented) : undefined;
  }
}

function advice(streams: number, decoded: number, segmented: number): string {
  const each = Math.max(1, Math.floor(segmented / streams));
  return (
    `${streams === 1 ? 'The source brings' : `${streams} sources bring`} ${Math.round(decoded)} frames/s and the machine segments ` +
    `${Math.round(segmented)}: lower --max-fps to ${each}, take the cameras' sub-streams, use --decode keyframes, or a faster --network or --engine`
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
