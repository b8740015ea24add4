import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressLimits } from './address-limits.js';
import type { CutReason } from './metrics.js';

/** Limits of a server's connections, and callbacks. */
export interface LimitConnectionsOptions {
  readonly limits: AddressLimits;
  /** The most connections in all, whoever has them. */
  readonly most: number;
  readonly onCut: (reason: CutReason) => void;
  /** Called each time a connection comes while `most` are taken. */
  readonly onFull: () => void;
}

/** The open connections of a server. */
export interface Connections {
  readonly open: Iterable<Socket>;
  /** Exempts the connection of an admitted client from being cut for others. */
  keep(connection: Socket): void;
}

/**
 * Cuts connections beyond an address's limit, so that it cannot use up those of all others. If several addresses together use up all
 * of them, the oldest connection makes room for the newest: requests are answered within moments, so an old connection was opened to
 * be held. Connections of admitted clients stay; their number has its own limit.
 */
export function limitConnections(server: Server, options: LimitConnectionsOptions): Connections {
  const { limits, most, onCut, onFull } = options;
  // The `Socket` of a TLS request is not the one that `connection` reports, but has the same port.
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  const open = new Set<Socket>();
  const cuttable = new Map<string, Socket>();
  const cut = (connection: Socket, reason: CutReason): void => {
    onCut(reason);
    connection.destroy();
  };
  server.on('connection', (connection: Socket) => {
    const key = keyOf(connection);
    open.add(connection);
    cuttable.set(key, connection);
    connection.once('close', () => {
      open.delete(connection);
      if (cuttable.get(key) === connection) cuttable.delete(key);
    });
    const reason = limits.connect(connection);
    if (reason !== undefined) cut(connection, reason);
    else if (open.size > most) {
      onFull();
      const [oldest] = cuttable.values();
      cut(oldest!, 'connections');
    }
  });
  return {
    open,
    keep(connection) {
      cuttable.delete(keyOf(connection));
    },
  };
}
