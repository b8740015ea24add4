import type { Engine } from '../../model/engine.js';
import type { CheckedListenOptions } from '../options/listen-options.js';
import { packageVersion } from '../options/package-root.js';
import { type LiveServer, type LiveServerOptions, openLiveServer } from './live-server.js';
import { readTls } from './read-secrets.js';

/** Settings of a server apart from its options. */
export interface EngineServerContext
  extends Pick<LiveServerOptions, 'notReady' | 'onClosed' | 'onOverload' | 'describeError'> {
  /** Returns an option's name where it came from. */
  readonly nameOf: (option: string) => string;
}

/**
 * Opens a server for viewers of an engine's frames; pass `server.hub` to `broadcast()`.
 *
 * @param streams The names that frames carry as their `source`.
 * @param token The token returned by `readToken`.
 * @throws `Failure` as `openLiveServer` and `readTls`.
 */
export async function openEngineServer(
  engine: Engine,
  streams: readonly string[],
  options: CheckedListenOptions,
  token: string | undefined,
  { nameOf, ...more }: EngineServerContext,
): Promise<LiveServer> {
  const { host, port, maxClients, maxClientsPerAddress, allowOrigin = [], allowHost = [], trustProxy = [] } = options;
  const tls = await readTls(options, nameOf);
  const { name, network, provider, precision, inputSize, classes } = engine;
  return openLiveServer({
    ...more,
    server: `segnet-stream/${packageVersion()}`,
    model: { network, engine: name, provider, precision, ...inputSize },
    classes,
    streams,
    allowedOrigins: allowOrigin,
    allowedHosts: allowHost,
    trustedProxies: trustProxy,
    host,
    port,
    maxClients,
    maxClientsPerAddress,
    ...(token !== undefined && { token }),
    ...(tls && { tls }),
  });
}
