import { optionInvalid } from '../../model/check-option.js';
import { type Completed, checkByRules, complete, type OptionRules, pickByRules } from './option-rule.js';
import { parseSubnets } from './subnets.js';

/** The address to listen on, and who may connect. Options of `serve` and `run --broadcast`. */
export interface ListenOptions {
  /** @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** 0 takes a free port. @default 8080 */
  readonly port?: number | undefined;
  /** At least 16 characters. Not an option of the command line, where others could read it. */
  readonly token?: string | undefined;
  /** A file that holds the token. */
  readonly tokenFile?: string | undefined;
  /** Paths of PEM files, both or neither. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly allowHost?: readonly string[] | undefined;
  /** Addresses and subnets of reverse proxies, `loopback` or `private`, whose forwarding headers are trusted. */
  readonly trustProxy?: readonly string[] | undefined;
  /** @default 100 */
  readonly maxClients?: number | undefined;
  /** Most clients from one address. @default 20 */
  readonly maxClientsPerAddress?: number | undefined;
}

/** The defaults, which the help states too. */
export const LISTEN_DEFAULTS = {
  host: '127.0.0.1',
  port: 8080,
  maxClients: 100,
  maxClientsPerAddress: 20,
} satisfies ListenOptions;

/** `ListenOptions`, checked and with defaults; an option without a default may be absent. */
export type CheckedListenOptions = Completed<ListenOptions, keyof typeof LISTEN_DEFAULTS>;

/** The rules of the options, in the order of the help. */
export const LISTEN_RULES: OptionRules<keyof ListenOptions> = {
  host: {
    kind: 'text',
    value: 'address',
    help: `address to listen on (default: ${LISTEN_DEFAULTS.host}; others need a token)`,
  },
  port: {
    kind: 'number',
    value: 'n',
    range: { min: 0, max: 65535, integer: true },
    help: `port to listen on, 0 for a free one (default: ${LISTEN_DEFAULTS.port})`,
  },
  token: { kind: 'text', secret: true, help: 'what clients have to bring' },
  tokenFile: {
    kind: 'text',
    value: 'file',
    help: 'file with the token that clients have to bring, 16 characters or more (or set SEGNET_STREAM_TOKEN)',
  },
  tlsCert: { kind: 'text', value: 'file', help: 'PEM certificate: serve by TLS' },
  tlsKey: { kind: 'text', value: 'file', help: 'PEM key of the certificate' },
  allowOrigin: { kind: 'list', value: 'origins', help: 'other sites whose pages may connect, https://wall.example' },
  allowHost: {
    kind: 'list',
    value: 'names',
    help: 'host names by which the server may be addressed, beside localhost and IP addresses',
  },
  trustProxy: {
    kind: 'list',
    value: 'addresses',
    help: 'reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, subnets (10.0.0.0/8), loopback, private',
  },
  maxClients: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 10_000, integer: true },
    help: `most clients at a time (default: ${LISTEN_DEFAULTS.maxClients})`,
  },
  maxClientsPerAddress: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 10_000, integer: true },
    help: `most clients from one address (default: ${LISTEN_DEFAULTS.maxClientsPerAddress})`,
  },
};

/** The names of the options, in that order. */
export const LISTEN_OPTIONS = Object.keys(LISTEN_RULES) as readonly (keyof ListenOptions)[];

/** Checks the listen options and returns only them, with defaults. @throws `Failure` `OPTION_INVALID`. */
export function checkListenOptions(options: ListenOptions, nameOf: (option: string) => string): CheckedListenOptions {
  checkByRules(options, LISTEN_RULES, nameOf);
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) {
    throw optionInvalid(
      `${nameOf('tlsCert')} and ${nameOf('tlsKey')}`,
      'given together',
      options.tlsCert ?? options.tlsKey,
    );
  }
  for (const origin of options.allowOrigin ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase()) {
      throw optionInvalid(nameOf('allowOrigin'), 'scheme, host and port alone, https://wall.example', origin);
    }
  }
  for (const host of options.allowHost ?? []) {
    if (
      !URL.canParse(`http://${host}`) ||
      new URL(`http://${host}`).host !== host.toLowerCase() ||
      /:\d+$/.test(host)
    ) {
      throw optionInvalid(nameOf('allowHost'), 'a name without a port, camera.example', host);
    }
  }
  parseSubnets(nameOf('trustProxy'), options.trustProxy ?? []);
  return complete(pickByRules(options, LISTEN_RULES), LISTEN_DEFAULTS);
}
