import { identity, type Observable } from 'rxjs';
import type { Engine } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import { broadcast } from '../../operators/broadcast.js';
import { decode } from '../../operators/decode.js';
import { dropStale } from '../../operators/drop-stale.js';
import { exclude, type Region } from '../../operators/exclude.js';
import type { FfmpegTool } from '../../operators/find-ffmpeg.js';
import type { Frame, SegmentedFrame } from '../../operators/frame.js';
import { limitRate } from '../../operators/limit-rate.js';
import { givePictures } from '../../operators/picture-memory.js';
import { segment } from '../../operators/segment.js';
import { type SourceStatus, type SuperviseOptions, supervise } from '../../operators/supervise.js';
import type { Hub } from './hub.js';
import { isHls, type LiveSource } from './live-source.js';
import type { DropCause } from './live-stream.js';
import { openSource } from './open-source.js';
import { type CheckedServeOptions, STALL_TIMEOUTS } from './serve-options.js';

/** The context in which a source is watched. */
export interface WatchSourceOptions {
  readonly engine: Engine;
  readonly hub: Hub;
  readonly tool: FfmpegTool;
  readonly options: CheckedServeOptions;
  /** Regions of this source that have no class. */
  readonly exclude?: readonly Region[] | undefined;
  /** The most pictures of several sources in one batch of the engine. */
  readonly batch: number;
  readonly onStatus: (status: SourceStatus) => void;
  readonly onWarning: (text: string, code: string) => void;
  readonly signal: AbortSignal;
  /** The waits between attempts. Defaults to those of `supervise`. */
  readonly waits?: Pick<SuperviseOptions, 'backoffMs' | 'maxBackoffMs' | 'lastingBackoffMs'>;
}

/** Errors that will recur with the same attempt, so they are retried slowly. */
const PERMANENT = [
  'INPUT_UNAUTHORIZED',
  'INPUT_NOT_FOUND',
  'INPUT_MISSING',
  'INPUT_NOT_VIDEO',
  'INPUT_NO_VIDEO_STREAM',
  'INPUT_UNREADABLE',
];
/**
 * Errors among them that may be transient for a kind of source: a connection that is cut while ffmpeg probes it looks like data
 * that is not video, and a USB camera is missing while it is unplugged.
 */
const TRANSIENT: Partial<Record<LiveSource['kind'], readonly string[]>> = {
  file: [],
  device: ['INPUT_NOT_VIDEO', 'INPUT_MISSING'],
};
const TRANSIENT_OF_NETWORKS: readonly string[] = ['INPUT_NOT_VIDEO'];
/** A TEARDOWN takes milliseconds; a frozen ffmpeg will not send one. */
const STOP_GRACE_MS = 1000;
/**
 * The first wait for a source on whose port ffmpeg itself listens (`udp:`), which the previous ffmpeg holds during the grace
 * period. `supervise` waits between half of this and all of it.
 */
const LISTENING_BACKOFF_MS = 3 * STOP_GRACE_MS;

/** Frames of a source under way: two that the engine may have, one that waits for its turn, and one that takes its place. */
const GATE_LIMIT = 4;

/**
 * The pipeline of one live source: supervised decoding, segmentation of the latest frame, broadcast to the hub. Errors of the
 * source become states; errors that are emitted are those of the engine or the encoder.
 */
export function watchSource(source: LiveSource, context: WatchSourceOptions): Observable<SegmentedFrame> {
  const { engine, hub, tool, options, onStatus, onWarning, signal } = context;
  const { maxFps, maxStaleness, quality, opacity, hwaccel, openTimeout } = options;
  const { name } = source;
  const isPatient = options.decode === 'keyframes' || source.kind === 'file' || isHls(source);
  const { stallTimeout = isPatient ? STALL_TIMEOUTS.patient : STALL_TIMEOUTS.usual } = options;
  const transient = TRANSIENT[source.kind] ?? TRANSIENT_OF_NETWORKS;
  const permanent = PERMANENT.filter((code) => !transient.includes(code));
  const endsByItself = source.kind === 'file' && !options.loop;

  const frames = supervise<Frame>(
    (epoch, alive) =>
      openSource(source, tool, options, (input, inputOptions) =>
        decode(input, {
          policy: 'latest',
          live: source.kind !== 'file',
          gateLimit: GATE_LIMIT,
          fit: engine.inputSize,
          source: name,
          epoch,
          realtime: isHls(source) || (source.kind === 'file' && options.realtime),
          inputOptions,
          ...(hwaccel ? { hwaccel } : {}),
          ...(source.kind === 'file' ? {} : { stopGraceMs: STOP_GRACE_MS }),
          onDrop(cause) {
            // A frame was decoded, so the source is alive, however busy the network is.
            alive();
            hub.drop(name, cause);
          },
          onWarning,
        }),
      ),
    {
      ...context.waits,
      ...(source.kind === 'network' ? { backoffMs: LISTENING_BACKOFF_MS } : {}),
      openTimeoutMs: openTimeout * 1000,
      stallTimeoutMs: stallTimeout * 1000,
      quietMs: (stallTimeout * 1000) / 2,
      isLasting: (error) => error instanceof Failure && permanent.includes(error.code),
      completion: endsByItself ? 'end' : 'disconnection',
      onStatus,
      signal,
    },
  );
  const drop = (cause: DropCause) => (frame: Frame) => {
    hub.drop(name, cause);
    // No other step has it.
    givePictures(frame);
  };
  return frames.pipe(
    maxFps === undefined ? identity : limitRate({ maxFps, onDrop: drop('rate') }),
    dropStale({ maxStalenessMs: maxStaleness, onDrop: drop('stale') }),
    segment(engine, { batch: context.batch, policy: 'latest', onDrop: drop('busy') }),
    context.exclude === undefined ? identity : exclude(context.exclude),
    broadcast(hub, { quality, opacity }),
  );
}
