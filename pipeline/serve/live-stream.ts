import type { EncodedPart, PicturePart } from '../../operators/encode-parts.js';
import type { SegmentedFrame } from '../../operators/frame.js';
import type { SourceStatus } from '../../operators/supervise.js';
import type { StreamInfo, StreamStats } from '../client/protocol.js';
import { RateMeter } from './rate-meter.js';
import { RollingSample } from './rolling-sample.js';
import { type ShownFrame, serverNow, shownFrame } from './shown-frame.js';
import type { Subscription } from './subscription.js';

/** Why a frame was not shown: the network was busy, the frame was too old, or `--max-fps` was reached. */
export type DropCause = (typeof DROP_CAUSES)[number];
/** Every {@link DropCause}. */
export const DROP_CAUSES = ['busy', 'stale', 'rate'] as const;

/** A stream that showed no frame for this long has no current figures. */
const QUIET_MS = 10_000;

/** The status of a stream: that of its source, and the current file where it shows files one after another. */
export interface StreamStatus extends SourceStatus {
  readonly file?: string;
}

/** One source in the server: its state, newest frame, statistics and subscriptions. */
export class LiveStream {
  readonly id: number;
  readonly name: string;
  readonly subscriptions = new Set<Subscription>();
  readonly segmented = new RateMeter();
  readonly decoded = new RateMeter();
  /** Frames dropped because the network was busy. */
  readonly busy = new RateMeter();
  readonly dropped: Record<DropCause, number> = { busy: 0, stale: 0, rate: 0 };
  /** What to lower if the machine cannot keep up with this stream. */
  advice: string | undefined;
  #status: Omit<StreamInfo, 'id' | 'name'> = { state: 'connecting', since: serverNow(), epoch: 0 };
  #newest: ShownFrame | undefined;
  #shares: readonly number[] = [];
  #seq = 0;
  #shownAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;
  readonly #ageMs = new RollingSample();
  readonly #stepMs = new Map<string, RollingSample>();

  constructor(id: number, name: string, now = serverNow) {
    this.#now = now;
    this.id = id;
    this.name = name;
  }

  get info(): StreamInfo {
    return { id: this.id, name: this.name, ...this.#status };
  }

  /** The latest frame that was shown, however old. */
  get newest(): ShownFrame | undefined {
    return this.#newest;
  }

  /** @param describeError Describes an error in one sentence without secrets. */
  setStatus(status: StreamStatus, describeError: (error: unknown) => string): void {
    // Supervision uses the system clock, which may have been adjusted since; clients use the server's clock.
    const ahead = Math.trunc(serverNow() - Date.now());
    const { error: before, file } = this.#status;
    const isSameAttempt = status.state === 'connecting' && status.file === file;
    const error = status.error === undefined ? (isSameAttempt ? before : undefined) : describeError(status.error);
    this.#status = {
      state: status.state,
      since: status.since + ahead,
      epoch: status.epoch,
      ...(error === undefined ? {} : { error }),
      ...(status.retryAt === undefined ? {} : { retryAt: status.retryAt + ahead }),
      ...(status.file === undefined ? {} : { file: status.file }),
    };
  }

  wanted(): ReadonlySet<PicturePart> {
    const kinds = new Set<PicturePart>();
    for (const subscription of this.subscriptions) for (const kind of subscription.pictureParts) kinds.add(kind);
    return kinds;
  }

  /** Counts a dropped frame, which was decoded nevertheless. */
  drop(cause: DropCause): void {
    this.dropped[cause] += 1;
    if (cause === 'busy') this.busy.add();
    this.decoded.add();
  }

  /** Numbers a frame, offers it to every viewer and returns its age, ms. */
  show(frame: SegmentedFrame, parts: readonly EncodedPart[], encodeMs: number): number {
    const shown = shownFrame(frame, { stream: this.id, seq: this.#seq++ }, parts, encodeMs);
    this.#newest = shown;
    this.#shownAt = this.#now();
    this.#shares = frame.shares;
    this.decoded.add();
    this.segmented.add();
    for (const subscription of this.subscriptions) subscription.offer(shown);
    const ageMs = serverNow() - frame.arrivedAt;
    this.#ageMs.add(ageMs);
    for (const [step, ms] of Object.entries({ ...frame.stepTimes, encode: encodeMs })) {
      const sample = this.#stepMs.get(step) ?? new RollingSample();
      this.#stepMs.set(step, sample);
      sample.add(ms);
    }
    return ageMs;
  }

  tick(now: number): void {
    this.segmented.tick(now);
    this.decoded.tick(now);
    this.busy.tick(now);
  }

  stats(): StreamStats {
    return {
      type: 'stats',
      stream: this.id,
      fps: { decoded: this.decoded.perSecond, segmented: this.segmented.perSecond },
      ...this.#figures(),
      dropped: this.dropped,
      viewers: this.subscriptions.size,
      ...(this.advice ? { advice: this.advice } : {}),
    };
  }

  #figures(): Pick<StreamStats, 'ageMs' | 'stepMs' | 'shares'> {
    // Figures from before the source went away are not current.
    if (this.#now() - this.#shownAt > QUIET_MS) return { ageMs: null, stepMs: {}, shares: [] };
    return {
      ageMs: this.#ageMs.percentiles(),
      stepMs: Object.fromEntries([...this.#stepMs].map(([step, sample]) => [step, sample.percentiles()])),
      shares: this.#shares.map((share) => Math.round(share * 10_000) / 10_000),
    };
  }
}
