import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressLimits } from './address-limits.js';
import type { CutReason } from './metrics.js';

/** What limits the connections of a server, and who hears of it. */
export interface LimitConnectionsOptions {
  readonly limits: AddressLimits;
  /** In all, whoever has them. */
  readonly most: number;
  readonly onCut: (reason: CutReason) => void;
  /** Hears each time that `most` are taken. */
  readonly onFull: () => void;
}

/** The open connections of a server. */
export interface Connections {
  readonly open: Iterable<Socket>;
  /** Exempts the connection of an admitted client from being cut for others. */
  keep(connection: Socket): void;
}

/**
 * Cuts connections beyond what one address may have, so that it cannot take those of all others by holding them open. Where several
 * addresses together take all that there are, the oldest makes room for the newest: requests are answered within moments, so that what is
 * old has been opened to be held. Connections of admitted clients stay, whose number has a limit of its own.
 */
export function limitConnections(server: Server, options: LimitConnectionsOptions): Connections {
  const { limits, most, onCut, onFull } = options;
  // A TLS connection is another object than the one beneath it; both have the same ports.
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  const open = new Set<Socket>();
  const cuttable = new Map<string, Socket>();
  server.on('connection', (connection: Socket) => {
    const key = keyOf(connection);
    open.add(connection);
    cuttable.set(key, connection);
    connection.once('close', () => {
      open.delete(connection);
      if (cuttable.get(key) === connection) cuttable.delete(key);
    });
    const cut = (which: Socket, reason: CutReason) => {
      onCut(reason);
      which.destroy();
    };
    const reason = limits.connect(connection);
    if (reason !== undefined) cut(connection, reason);
    else if (open.size > most) {
      onFull();
      cut(cuttable.values().next().value!, 'connections');
    }
  });
  return {
    open,
    keep(connection) {
      cuttable.delete(keyOf(connection));
    },
  };
}
