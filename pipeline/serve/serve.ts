import { readFile } from 'node:fs/promises';
import { lastValueFrom, merge, share } from 'rxjs';
import type { Engine } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import type { SourceStatus } from '../../operators/supervise.js';
import { type LiveServer, openLiveServer } from './live-server.js';
import { parseSources } from './live-source.js';
import type { Logger } from './log.js';
import { record, recordingPath } from './record.js';
import { createScrubber, passwordsOf } from './scrub.js';
import { checkServeOptions, type ServeOptions } from './serve-options.js';
import { watchSource } from './watch-source.js';

/** What `serve` needs of the world around it. */
export interface ServeContext {
  /** Makes the engine; `serve` closes it. */
  readonly createEngine: () => Promise<Engine>;
  readonly createLog: (scrub: (text: string) => string) => Logger;
  /** Stops: clients are told, recordings finished. */
  readonly signal: AbortSignal;
  /** What an option is called where it came from. */
  readonly nameOf: (option: string) => string;
  /** Called once the server listens. */
  readonly onListening?: (server: LiveServer) => void;
}

/** How a server went. */
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
  readonly recordings: readonly string[];
}

/**
 * Watches live sources and shows them by WebSocket until the signal, or until the last of its files is over.
 *
 * @throws `Failure` for wrong options, an address that cannot be listened on, an engine that cannot load or dies.
 */
export async function serve(given: ServeOptions, context: ServeContext): Promise<ServeSummary> {
  const options = checkServeOptions(given, context.nameOf);
  const sources = parseSources(options.sources);
  const token = await readToken(options);
  const scrub = createScrubber([...sources.flatMap(({ input }) => passwordsOf(input)), ...(token ? [token] : [])]);
  const log = context.createLog(scrub);
  const describeError = (error: unknown): string => scrub(error instanceof Error ? error.message : String(error));
  const tool = await findFfmpeg();
  if (tool.warning) log.warn(tool.warning);
  const tls =
    options.tlsCert && options.tlsKey
      ? { cert: await readPem(options.tlsCert), key: await readPem(options.tlsKey) }
      : undefined;
  const engine = await context.createEngine();
  log.info({ engine: engine.description }, 'engine loaded');
  let server: LiveServer | undefined;
  const stop = new AbortController();
  const stopAll = (): void => {
    stop.abort();
    // Viewers are told at once; finishing the recordings may take a while.
    void server?.close('The server shuts down');
  };
  context.signal.addEventListener('abort', stopAll, { once: true });
  if (context.signal.aborted) stop.abort();
  const begunAt = performance.now();
  let warm = false;
  try {
    server = await openLiveServer({
      server: 'segnet-stream/0.1.0',
      model: {
        network: engine.network,
        engine: engine.name,
        provider: engine.provider,
        precision: engine.precision,
        ...engine.inputSize,
      },
      classes: engine.classes,
      streams: sources.map(({ name }) => name),
      describeError,
      notReady: () => (warm ? undefined : 'warming up'),
      allowedOrigins: options.allowOrigin ?? [],
      allowedHosts: options.allowHost ?? [],
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.maxClients === undefined ? {} : { maxClients: options.maxClients }),
      ...(options.maxClientsPerAddress === undefined ? {} : { maxClientsPerAddress: options.maxClientsPerAddress }),
      ...(token === undefined ? {} : { token }),
      ...(tls ? { tls } : {}),
      onClosed: (address, code, reason) => log.info({ address, code, reason }, 'client closed'),
    });
    const { hub, url } = server;
    log.info({ url, sources: sources.map(({ name, shown }) => `${name}=${shown}`) }, 'listening');
    context.onListening?.(server);
    await warmUp(engine);
    warm = true;
    log.info('ready');

    const recordings: string[] = [];
    const routes = sources.map((source) => {
      const { name } = source;
      const shown = watchSource(source, {
        engine,
        hub,
        tool,
        options,
        signal: stop.signal,
        onStatus(status) {
          hub.setStatus(name, status);
          logStatus(log.child({ stream: name }), status, describeError);
        },
        onWarning: (text, code) => log.warn({ stream: name, code }, scrub(text)),
      });
      if (options.record === undefined) return shown;
      const path = recordingPath(options.record, name, sources.length);
      const frames = shown.pipe(share());
      return merge(
        frames,
        frames.pipe(
          record(path, {
            opacity: options.opacity ?? 0.5,
            onFile: (file) => recordings.push(file),
            onError: (error) => log.error({ stream: name, error: describeError(error) }, 'recording ended'),
          }),
        ),
      );
    });
    // One route's error is the engine's: it ends them all.
    await lastValueFrom(merge(...routes), { defaultValue: undefined });
    const streams = hub.streams.map(({ name, segmented, dropped, info }) => ({
      name,
      frames: segmented.total,
      dropped: { ...dropped },
      restarts: info.epoch,
      ...(info.error === undefined ? {} : { error: info.error }),
    }));
    return { url, seconds: (performance.now() - begunAt) / 1000, streams, recordings };
  } catch (error) {
    throw error instanceof Failure ? new Failure(error.code, scrub(error.message), { cause: error }) : error;
  } finally {
    context.signal.removeEventListener('abort', stopAll);
    stop.abort();
    await server?.close('The sources are over');
    await engine.close();
    log.info('stopped');
  }
}

function logStatus(log: Logger, status: SourceStatus, describeError: (error: unknown) => string): void {
  const { state, epoch, error, retryAt, since } = status;
  const more = {
    epoch,
    ...(error === undefined ? {} : { error: describeError(error) }),
    ...(retryAt === undefined ? {} : { retryInMs: Math.round(retryAt - since) }),
  };
  if (state === 'live' || state === 'connecting' || state === 'ended') log.info(more, state);
  else if (state === 'failed') log.error(more, state);
  else log.warn(more, state);
}

/** The first batch is slow everywhere: before it the server is not ready. */
async function warmUp(engine: Engine): Promise<void> {
  const { width, height } = engine.inputSize;
  await engine.segment([{ width, height, data: new Uint8Array(width * height * 3) }]);
}

async function readToken({ token, tokenFile }: ServeOptions): Promise<string | undefined> {
  if (tokenFile === undefined) return token;
  try {
    return (await readFile(tokenFile, 'utf8')).trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure('OPTION_INVALID', `Expected --token-file to be a readable file, got ${tokenFile} (${code})`, {
      cause,
    });
  }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure('TLS_INVALID', `Expected --tls-cert and --tls-key to be readable files, got ${path} (${code})`, {
      cause,
    });
  }
}
