import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { type FramePacket, unpackFrame } from '../../../pipeline/client/frame-packet.js';
import { SUBPROTOCOL } from '../../../pipeline/client/protocol.js';
import type { LiveServer } from '../../../pipeline/serve/live-server.js';

/** A WebSocket that keeps what it hears, to test the protocol without the client. */
export interface RawClient {
  readonly socket: WebSocket;
  readonly messages: { readonly type: string; readonly [field: string]: unknown }[];
  readonly frames: FramePacket[];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: unknown): void;
  /** Waits for a text message of this type; takes it out. */
  hear(type: string): Promise<{ readonly type: string; readonly [field: string]: unknown }>;
  /** Waits for a frame; takes it out. */
  frame(): Promise<FramePacket>;
}

/** Connects as a page of the server would, unless told otherwise. */
export function connectRaw(
  server: LiveServer,
  options: ClientOptions = {},
  protocols: string | string[] = SUBPROTOCOL,
): RawClient {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}ws`, protocols, {
    origin: server.url.slice(0, -1),
    ...options,
  });
  const messages: RawClient['messages'] = [];
  const frames: FramePacket[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) frames.push(unpackFrame(data));
    else messages.push(JSON.parse(data.toString()));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('error', () => {});
  const take = async <T>(list: T[], fits: (item: T) => boolean): Promise<T> => {
    for (;;) {
      const index = list.findIndex(fits);
      if (index >= 0) return list.splice(index, 1)[0]!;
      if (socket.readyState === WebSocket.CLOSED) throw new Error('The connection is closed');
      await Promise.race([once(socket, 'message'), closed]);
    }
  };
  return {
    socket,
    messages,
    frames,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    hear: (type) => take(messages, (message) => message.type === type),
    frame: () => take(frames, () => true),
  };
}
