import { endWith, ignoreElements, lastValueFrom, merge, type OperatorFunction, Subject, takeUntil, timer } from 'rxjs';
import type { SegmentedFrame } from '../../operators/frame.js';
import { askInTurn } from './ask-disk.js';
import type { LiveSource } from './live-source.js';
import type { Logger } from './log.js';
import { pruneRecordings } from './prune-recordings.js';
import { record } from './record.js';
import type { CheckedServeOptions } from './serve-options.js';

/** Settings and callbacks of a server's recordings. */
export interface RecordingsOptions
  extends Pick<CheckedServeOptions, 'opacity' | 'recordMinutes' | 'recordKeepHours' | 'recordKeepGb'> {
  /** The path of each source's recordings, by its name: `recordingPaths`. */
  readonly paths: ReadonlyMap<string, string>;
  readonly sources: readonly LiveSource[];
  /** Aborted when the server stops. */
  readonly stop: AbortSignal;
  readonly log: Logger;
  readonly describeError: (error: unknown) => string;
}

/** A recording that ended early. */
export interface FailedRecording {
  readonly stream: string;
  /** The partial file that was kept. */
  readonly part?: string;
  readonly error: string;
}

/** While a camera is away, no file may begin or end for days. */
const LOOK_EVERY_MS = 600_000;

/** All recordings of a server: creates them, removes old ones and logs both. */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #ask = askInTurn();
  readonly #taken = new Set<string>();
  readonly #finished = new Set<string>();
  readonly #failed: FailedRecording[] = [];
  /** The streams of which a recording could not even be begun. */
  readonly #unwritten = new Set<string>();
  /** The partial files that still exist. */
  readonly #parts = new Set<string>();
  /** Emits when a file is begun or finished. */
  readonly #changes = new Subject<void>();
  readonly #pruned: Promise<unknown>;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    const { recordKeepHours, recordKeepGb } = options;
    const keepsAll = recordKeepHours === undefined && recordKeepGb === undefined;
    this.#pruned = keepsAll ? Promise.resolve() : this.#pruneAtChanges();
  }

  /** Finished recordings, without those that have been removed. */
  get finished(): readonly string[] {
    return [...this.#finished];
  }

  /** Recordings that ended early, with partial files that have not been removed. */
  get failed(): readonly FailedRecording[] {
    return this.#failed.map(({ part, ...failed }) => ({
      ...failed,
      ...(part !== undefined && this.#parts.has(part) && { part }),
    }));
  }

  /**
   * Records what a source shows, as `record` does.
   *
   * @param onRecording Called with true when a file is begun, and with false when nothing is being written any more.
   */
  of(name: string, onRecording: (isOn: boolean) => void): OperatorFunction<SegmentedFrame, never> {
    const { paths, opacity, recordMinutes, stop, describeError } = this.#options;
    const log = this.#options.log.child({ stream: name });
    const path = paths.get(name)!;
    return record(path, {
      opacity,
      fileMs: recordMinutes * 60_000,
      ask: this.#ask,
      taken: this.#taken,
      others: [...paths.values()].filter((other) => other !== path),
      onBegin: (file) => log.info({ file }, 'recording'),
      onFile: (file) => {
        this.#finished.add(file);
        this.#unwritten.delete(name);
        log.info({ file }, 'recorded');
      },
      onSlow: (file) => log.warn({ file }, 'recording leaves frames out: its disk or encoder is too slow'),
      onRecording: (isOn) => {
        onRecording(isOn);
        this.#changes.next();
      },
      stop,
      onAwaited: (file) => log.warn({ file }, 'still waiting for the recording to be finished'),
      onError: (cause, { part, isLost }) => {
        const failed = { ...(part !== undefined && { part }), error: describeError(cause) };
        log.error(failed, 'recording ended; a new one begins within a minute, unless the source is over');
        if (part !== undefined) this.#parts.add(part);
        // A disk that stays full is not reported every minute for days, but each recording that was lost is.
        const isRepeated = part === undefined && !isLost && this.#unwritten.has(name);
        if (!isRepeated) this.#failed.push({ stream: name, ...failed });
        if (part === undefined && !isLost) this.#unwritten.add(name);
        else this.#unwritten.delete(name);
      },
    });
  }

  /** Resolves once old recordings have been removed for the last time. */
  async close(): Promise<void> {
    this.#changes.complete();
    await this.#pruned;
  }

  #pruneAtChanges(): Promise<unknown> {
    const { paths, sources, recordKeepHours, recordKeepGb, log, describeError } = this.#options;
    const prune = pruneRecordings([...paths.values()], {
      keepHours: recordKeepHours,
      keepGb: recordKeepGb,
      inputs: sources.flatMap(({ kind, input }) => (kind === 'file' ? [input] : [])),
      parts: this.#parts,
      ask: this.#ask,
      onRemoved: (file) => {
        this.#finished.delete(file);
        this.#taken.delete(file);
        this.#parts.delete(file);
        log.info({ file }, 'old recording removed');
      },
      onError: (error, file) => log.warn({ file, error: describeError(error) }, 'old recordings cannot be removed'),
    });
    const isClosed = this.#changes.pipe(ignoreElements(), endWith(undefined));
    const looks = timer(0, LOOK_EVERY_MS).pipe(takeUntil(isClosed));
    return lastValueFrom(merge(this.#changes, looks).pipe(prune), { defaultValue: undefined });
  }
}
