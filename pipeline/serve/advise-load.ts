import type { LiveStream } from './live-stream.js';
import { serverNow } from './shown-frame.js';

/** What a source drops while it starts says nothing; rates are of ten seconds, so they are free of it only then. */
const SETTLED_MS = 13_000;

/**
 * Sets or clears each stream's `advice`: what to lower if more frames are dropped because the network is busy than are
 * segmented. Frames dropped by `--max-fps` do not count.
 */
export function adviseLoad(streams: readonly LiveStream[], now = serverNow()): void {
  const live = streams.filter(({ info }) => info.state === 'live' && now - info.since >= SETTLED_MS);
  const segmented = sum(live.map((stream) => stream.segmented.perSecond));
  const missed = sum(live.map((stream) => stream.busy.perSecond));
  const text = missed > segmented ? advice(live.length, segmented + missed, segmented) : undefined;
  for (const stream of streams) stream.advice = live.includes(stream) ? text : undefined;
}

function advice(streams: number, wanted: number, segmented: number): string {
  const each = segmented / streams;
  const lower = each >= 1 ? Math.floor(each) : Math.max(Math.floor(each * 10) / 10, 0.1);
  return (
    `${streams === 1 ? 'The source brings' : `${streams} sources bring`} ${Math.round(wanted)} frames/s and the machine segments ` +
    `${segmented < 10 ? segmented.toFixed(1) : Math.round(segmented)}: lower --max-fps to ${lower}, take the cameras' sub-streams, ` +
    'use --decode keyframes, or a faster --network or --engine'
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
