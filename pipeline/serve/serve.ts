import { setMaxListeners } from 'node:events';
import { catchError, EMPTY, lastValueFrom, merge, type Observable, Subject, share } from 'rxjs';
import type { Engine } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import { checkInput } from '../../operators/check-input.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { recycle } from '../../operators/picture-memory.js';
import { parseSourceRegions } from '../options/regions.js';
import { checkCameraFormat } from './camera-device.js';
import { checkAdmission, type LiveServer } from './live-server.js';
import { parseSources } from './live-source.js';
import type { Logger } from './log.js';
import { createStatusLog } from './log-status.js';
import { recordingPaths } from './next-recording.js';
import { openEngineServer } from './open-engine-server.js';
import { readToken } from './read-secrets.js';
import { checkRecording } from './record.js';
import { type FailedRecording, Recordings } from './recordings.js';
import { createScrubber, passwordsOf } from './scrub.js';
import { checkServeOptions, type LogLevel, MOST_SOURCES_AT_ONCE, type ServeOptions } from './serve-options.js';
import { type ClosedClient, tellClosed } from './tell-closed.js';
import { watchSource } from './watch-source.js';

/** The callbacks and signals of `serve`. */
export interface ServeContext {
  /** Creates the engine, which `serve` closes. */
  readonly createEngine: () => Promise<Engine>;
  readonly createLog: (scrub: (text: string) => string, level: LogLevel) => Logger;
  /** Stops the server: clients are notified and recordings finished. */
  readonly signal: AbortSignal;
  /** Returns an option's name where it came from. */
  readonly nameOf: (option: string) => string;
  /** Called once the server listens. */
  readonly onListening?: (server: LiveServer) => void;
}

/** The summary of a server's run. */
export interface ServeSummary {
  readonly url: string;
  readonly seconds: number;
  readonly streams: readonly {
    readonly name: string;
    readonly frames: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly restarts: number;
    readonly error?: string;
  }[];
  /** Finished recordings that have not been removed. */
  readonly recordings: readonly string[];
  readonly failedRecordings: readonly FailedRecording[];
}

/**
 * Watches live sources and shows them by WebSocket until the signal, or until the last file has ended.
 *
 * @throws `Failure` for wrong options, an address on which it cannot listen, or an engine that cannot load or dies.
 */
export async function serve(given: ServeOptions, context: ServeContext): Promise<ServeSummary> {
  const options = checkServeOptions(given, context.nameOf);
  const sources = parseSources(options.sources);
  const names = sources.map(({ name }) => name);
  const regions =
    options.exclude === undefined ? undefined : parseSourceRegions(context.nameOf('exclude'), options.exclude, names);
  checkCameraFormat(sources, options.cameraFormat, context.nameOf('cameraFormat'));
  // A camera may appear later, but a missing file is probably a mistake.
  for (const { kind, input } of sources) if (kind === 'file') await checkInput(input);
  const paths = options.record === undefined ? undefined : recordingPaths(options.record, names);
  if (options.record !== undefined) await checkRecording(options.record, context.nameOf);
  const token = await readToken(options, context.nameOf);
  // Checked before the engine is loaded, which takes a while.
  checkAdmission(options.host, token);
  const secrets = sources.flatMap((source) => [...passwordsOf(source.input), ...source.secrets]);
  const scrub = createScrubber(token ? [...secrets, token] : secrets);
  const describeError = (error: unknown): string => scrub(error instanceof Error ? error.message : String(error));
  const log = context.createLog(scrub, options.logLevel);
  const tool = await findFfmpeg();
  if (tool.warning) log.warn(tool.warning);
  const engine = await context.createEngine();
  log.info({ engine: engine.description }, 'engine loaded');

  const stop = new AbortController();
  // Every source and recording listens to it: many listeners are not a leak.
  setMaxListeners(0, stop.signal);
  let failure: { readonly error: unknown } | undefined;
  let server: LiveServer | undefined;
  let isWarm = false;
  const begunAt = performance.now();
  const closed = new Subject<ClosedClient>();
  closed.pipe(tellClosed()).subscribe((client) => log.info(client, 'client closed'));
  let recordings: Recordings | undefined;
  const stopAll = (): void => {
    stop.abort();
    // Viewers are notified at once, since finishing recordings may take a while.
    void server?.close('The server shuts down');
  };
  context.signal.addEventListener('abort', stopAll, { once: true });
  if (context.signal.aborted) stop.abort();

  /** The pipeline of one source, with its recording. */
  const routeOf = (hub: LiveServer['hub'], source: (typeof sources)[number]): Observable<unknown> => {
    const { name } = source;
    const streamLog = log.child({ stream: name });
    const logStatus = createStatusLog(streamLog, describeError);
    const shown = watchSource(source, {
      engine,
      hub,
      tool,
      options,
      exclude: regions?.get(name),
      batch: options.batch ?? batchFor(engine, sources.length),
      signal: stop.signal,
      onStatus(status) {
        hub.setStatus(name, status);
        logStatus(status);
      },
      onWarning: (text, code) => streamLog.warn({ code }, scrub(text)),
    }).pipe(
      // An error of the engine ends all pipelines, in the way of a stop, so that recordings are finished.
      catchError((error: unknown) => {
        failure ??= { error };
        stop.abort();
        return EMPTY;
      }),
    );
    if (recordings === undefined) return shown.pipe(recycle());
    const frames = shown.pipe(share());
    hub.setRecording(name, false);
    return merge(frames, frames.pipe(recordings.of(name, (isOn) => hub.setRecording(name, isOn))));
  };

  try {
    server = await openEngineServer(engine, names, options, token, {
      describeError,
      nameOf: context.nameOf,
      notReady: () => (isWarm ? undefined : 'warming up'),
      onOverload: (advice) => log.warn({ advice }, 'overloaded'),
      onClosed: (address, code, reason) => closed.next({ address, code, reason }),
    });
    const { hub, url } = server;
    log.info({ url, sources: sources.map(({ name, shown }) => `${name}=${shown}`) }, 'listening');
    context.onListening?.(server);
    isWarm = await warmUp(engine, stop.signal);
    if (isWarm) log.info('ready');
    // Not earlier, since this removes old recordings, which a server that cannot start must not do.
    if (paths !== undefined)
      recordings = new Recordings({ ...options, paths, sources, stop: stop.signal, log, describeError });

    const routes = merge(...sources.map((source) => routeOf(hub, source)));
    if (!stop.signal.aborted) await lastValueFrom(routes, { defaultValue: undefined });
    await recordings?.close();
    if (failure !== undefined) throw failure.error;
    const seconds = (performance.now() - begunAt) / 1000;
    const { finished = [], failed = [] } = recordings ?? {};
    return { url, seconds, streams: hub.streams.map(summarise), recordings: finished, failedRecordings: failed };
  } catch (error) {
    throw error instanceof Failure ? new Failure(error.code, scrub(error.message), { cause: error }) : error;
  } finally {
    context.signal.removeEventListener('abort', stopAll);
    stop.abort();
    await server?.close('The sources are over', !context.signal.aborted && failure === undefined);
    await recordings?.close();
    await engine.close();
    closed.complete();
    log.info('stopped');
  }
}

/** The default of `batch`. On a processor a batch takes as long as its pictures one by one; a GPU benefits from batches of several cameras. */
function batchFor(engine: Engine, sources: number): number {
  return engine.provider === 'cpu' ? 1 : Math.min(sources, MOST_SOURCES_AT_ONCE);
}

/** Runs a first batch, which is slow everywhere, before the server is ready. Returns false if it was stopped meanwhile. */
async function warmUp(engine: Engine, signal: AbortSignal): Promise<boolean> {
  const { width, height } = engine.inputSize;
  try {
    await engine.segment([{ width, height, data: new Uint8Array(width * height * 3) }], { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function summarise({
  name,
  segmented,
  dropped,
  info,
}: LiveServer['hub']['streams'][number]): ServeSummary['streams'][number] {
  const { epoch, error } = info;
  return {
    name,
    frames: segmented.total,
    dropped: { ...dropped },
    restarts: epoch,
    ...(error !== undefined && { error }),
  };
}
