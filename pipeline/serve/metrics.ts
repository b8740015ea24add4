import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HubObserver } from './hub.js';
import { DROP_CAUSES } from './live-stream.js';

/** Why a connection was cut: too many from its address, too many requests or messages, or no pong. */
export type CutReason = (typeof CUT_REASONS)[number];
const CUT_REASONS = ['connections', 'requests', 'messages', 'heartbeat'] as const;

/** Seconds, from a fast step to a frame that is too old to be useful. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1, 2, 5];

/**
 * Metrics of the process, such as memory and processor time. All servers in a process share them, since their collectors last
 * as long as the process.
 */
let ofProcess: Registry | undefined;

function createProcessRegistry(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: 'segnet_stream_' });
  return register;
}

/** The server's metrics for Prometheus. */
export interface Metrics {
  /** The observer for the hub. */
  readonly observer: Required<HubObserver>;
  /** Counts a client that was refused. */
  readonly refused: (code: number) => void;
  /** Counts a connection that was cut. */
  readonly cut: (reason: CutReason) => void;
  readonly text: () => Promise<{ readonly type: string; readonly text: string }>;
}

/**
 * Creates the metrics of one server; names begin with `segnet_stream_`.
 *
 * @param clients The number of connected clients, read when scraped.
 */
export function createMetrics(clients: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  ofProcess ??= createProcessRegistry();
  const stage = new Histogram({
    name: 'segnet_stream_stage_duration_seconds',
    help: 'Time that a step took for a frame',
    labelNames: ['stream', 'stage'],
    buckets: BUCKETS,
    registers,
  });
  const latency = new Histogram({
    name: 'segnet_stream_frame_latency_seconds',
    help: 'From the last byte of a frame out of the decoder to its emission',
    labelNames: ['stream'],
    buckets: BUCKETS,
    registers,
  });
  const frames = new Counter({
    name: 'segnet_stream_frames_total',
    help: 'Frames emitted',
    labelNames: ['stream'],
    registers,
  });
  const dropped = new Counter({
    name: 'segnet_stream_frames_dropped_total',
    help: 'Frames decoded and not emitted, by cause',
    labelNames: ['stream', 'reason'],
    registers,
  });
  const skipped = new Counter({
    name: 'segnet_stream_ws_frames_skipped_total',
    help: 'Frames emitted and not sent to one viewer, by cause',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'segnet_stream_ws_clients',
    help: 'Connected clients',
    registers,
    collect() {
      this.set(clients());
    },
  });
  const refused = new Counter({
    name: 'segnet_stream_ws_clients_refused_total',
    help: 'Clients that were not let in, by close code',
    labelNames: ['code'],
    registers,
  });
  const cut = new Counter({
    name: 'segnet_stream_connections_cut_total',
    help: 'Connections cut: too many from their address, too many requests or messages, no pong',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of CUT_REASONS) cut.inc({ reason }, 0);
  const recording = new Gauge({
    name: 'segnet_stream_recording',
    help: '1 while the stream is recorded',
    labelNames: ['stream'],
    registers,
  });
  const up = new Gauge({
    name: 'segnet_stream_source_up',
    help: '1 while frames come from the source',
    labelNames: ['stream'],
    registers,
  });
  const restarts = new Counter({
    name: 'segnet_stream_source_restarts_total',
    help: 'Attempts to connect again',
    labelNames: ['stream'],
    registers,
  });
  const lastFrame = new Gauge({
    name: 'segnet_stream_last_frame_timestamp_seconds',
    help: 'When the newest emitted frame arrived, since 1970',
    labelNames: ['stream'],
    registers,
  });

  return {
    observer: {
      shown(stream, frame, ageMs, encodeMs) {
        frames.inc({ stream });
        latency.observe({ stream }, ageMs / 1000);
        // By the system clock, as in Prometheus; the server's own clock does not follow adjustments.
        lastFrame.set({ stream }, (Date.now() - ageMs) / 1000);
        for (const [step, ms] of Object.entries({ ...frame.stepTimes, encode: encodeMs })) {
          stage.observe({ stream, stage: step }, ms / 1000);
        }
      },
      dropped: (stream, reason) => dropped.inc({ stream, reason }),
      skipped: (reason) => skipped.inc({ reason }),
      recording: (stream, isOn) => recording.set({ stream }, isOn ? 1 : 0),
      status(stream, status) {
        up.set({ stream }, status.state === 'live' ? 1 : 0);
        // Creates the series, at 0, before the first restart and the first drop: `rate()` does not see how a series begins.
        for (const reason of DROP_CAUSES) dropped.inc({ stream, reason }, 0);
        restarts.inc({ stream }, status.state === 'connecting' && status.epoch > 0 ? 1 : 0);
      },
    },
    refused: (code) => refused.inc({ code }),
    cut: (reason) => cut.inc({ reason }),
    text: async () => ({ type: registry.contentType, text: await Registry.merge([ofProcess!, registry]).metrics() }),
  };
}
