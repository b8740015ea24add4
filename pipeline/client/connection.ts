import { unpackFrame } from './frame-packet.js';
import { inflateMask } from './inflate-mask.js';
import type { LiveEvent, LiveFrame, Want } from './live-event.js';
import { type ClientMessage, CloseCode, type ServerMessage, type StreamInfo } from './protocol.js';
import { clientNow, ServerClock } from './server-clock.js';
import { openSocket, type Socket, type SocketError, SocketMissing } from './socket.js';

/** Settings and callbacks of one connection. */
export interface ConnectionOptions {
  /** `ws:` or `wss:`, with the path. */
  readonly address: string;
  readonly token: string | undefined;
  readonly wants: readonly Want[];
  readonly acknowledge: 'auto' | 'manual';
  /** Longest time from connecting to `hello`. */
  readonly openTimeoutMs: number;
  /** A server that does not answer for this long counts as lost. */
  readonly answerTimeoutMs: number;
  readonly onEvent: (event: LiveEvent) => void;
  /** Called once, unless the connection is abandoned. `retryAfterMs` is the server's request, 0 without one and infinite if the stream is over. */
  readonly onEnd: (code: number, reason: string, retryAfterMs: number) => void;
  /** Called instead of `onEnd` where there can be no connection. */
  readonly onError: (error: Error) => void;
}

/** One connection, from the first attempt to its end. */
export interface Connection {
  /** Replaces all subscriptions by these. */
  setWants(wants: readonly Want[]): void;
  /** Closes it without further callbacks. */
  abandon(): void;
}

/** Longest time from this side's close to the server's. */
const CLOSE_TIMEOUT_MS = 1_000;
const CLOCK_INTERVAL_MS = 5_000;
/** The server's time is requested more often in the first second, when a busy page makes single answers inaccurate. */
const CLOCK_FIRST_MS = [0, 150, 350, 600, 1_000];

/** Opens one connection and implements the client's side of `PROTOCOL.md`. */
export function openConnection(options: ConnectionOptions): Connection {
  const { acknowledge, onEvent, answerTimeoutMs } = options;
  const clockIntervalMs = Math.min(CLOCK_INTERVAL_MS, answerTimeoutMs / 2);
  let { wants } = options;
  let socket: Socket | undefined;
  let isOver = false;
  let retryAfterMs = 0;
  let streams: readonly StreamInfo[] = [];
  let asked: { readonly id: number; readonly at: number } | undefined;
  // Any message counts as an answer, since the server delays answers to `time` while frames wait.
  let hasHeard = true;
  let unanswered = 0;
  const clock = new ServerClock();
  const subscribed = new Set<number>();
  const timers = [setTimeout(() => end(1006, 'No answer in time'), options.openTimeoutMs)];
  // Inflating is asynchronous, so frames are processed one after another to keep their order.
  let turn: Promise<void> = Promise.resolve();

  function stop(): void {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
  }

  function end(code: number, reason: string): void {
    if (isOver) return;
    stop();
    closeSoon();
    options.onEnd(code, reason, retryAfterMs);
  }

  /** Closes the connection, and cuts it soon: a server that hangs would keep the program alive for half a minute. */
  function closeSoon(code?: number): void {
    socket?.close(code);
    const cut = setTimeout(() => socket?.terminate?.(), CLOSE_TIMEOUT_MS);
    if (typeof cut === 'object') cut.unref();
  }

  function serverNow(): number | undefined {
    return clock.offsetMs === undefined ? undefined : clientNow() + clock.offsetMs;
  }

  function tell(message: ClientMessage): void {
    if (socket?.readyState === 1) socket.send(JSON.stringify(message));
  }

  function askTime(): void {
    asked = { id: (asked?.id ?? 0) + 1, at: clientNow() };
    tell({ type: 'time', id: asked.id });
  }

  function askAgain(): void {
    unanswered = hasHeard ? 0 : unanswered + 1;
    hasHeard = false;
    if (unanswered * clockIntervalMs < answerTimeoutMs) askTime();
    else end(1006, 'The server does not answer');
  }

  function applyWants(): void {
    // Before `hello` no stream can be requested by name.
    if (streams.length === 0) return;
    const wanted = new Set<number>();
    for (const { stream: name, parts, maxFps, window } of wants) {
      const stream = findStream(streams, name);
      if (!stream) {
        end(CloseCode.noSuchStream, `There is no stream ${name}`);
        return;
      }
      wanted.add(stream.id);
      subscribed.add(stream.id);
      tell({
        type: 'subscribe',
        stream: stream.id,
        parts,
        ...(maxFps ? { maxFps } : {}),
        ...(window ? { window } : {}),
      });
    }
    for (const id of subscribed) {
      if (wanted.has(id)) continue;
      subscribed.delete(id);
      tell({ type: 'unsubscribe', stream: id });
    }
  }

  function hear(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        clearTimeout(timers[0]);
        streams = message.streams;
        onEvent({ type: 'open' });
        onEvent({ ...message, serverNow });
        // The connection may have been abandoned meanwhile.
        if (isOver) break;
        timers.push(...CLOCK_FIRST_MS.map((ms) => setTimeout(askTime, ms)), setInterval(askAgain, clockIntervalMs));
        applyWants();
        break;
      case 'streams':
        streams = message.streams;
        onEvent(message);
        break;
      case 'stats':
        onEvent({ ...message, stream: nameOf(message.stream) });
        break;
      case 'time':
        if (message.id === asked?.id) clock.add(asked.at, clientNow(), message.serverUs / 1000);
        break;
      case 'closing':
        retryAfterMs = message.isOver ? Number.POSITIVE_INFINITY : message.retryAfterMs;
        break;
      case 'subscribed':
        break;
      default:
      // A later version of the protocol may have further message types.
    }
  }

  function nameOf(stream: number): string {
    return streams[stream]?.name ?? String(stream);
  }

  async function receiveFrame(message: Uint8Array): Promise<void> {
    const packet = unpackFrame(message);
    const { parts, maskWidth: width, maskHeight: height, capturedUs } = packet;
    // They are views of the message, which has its own memory.
    const dataOf = (kind: string) =>
      parts.find((part) => part.kind === kind)?.data as Uint8Array<ArrayBuffer> | undefined;
    const [source, overlay, deflated] = [dataOf('source'), dataOf('overlay'), dataOf('mask')];
    const picture = dataOf('picture');
    const mask = deflated && { width, height, data: await inflateMask(deflated, width * height) };
    if (isOver) return;
    let isAcknowledged = false;
    const frame: LiveFrame = {
      type: 'frame',
      stream: nameOf(packet.stream),
      epoch: packet.epoch,
      seq: packet.seq,
      capturedAt: capturedUs / 1000,
      ptsUs: packet.ptsUs,
      skipped: packet.skipped,
      ageWhenSentMs: packet.ageUs / 1000,
      ageMs() {
        const now = serverNow();
        return now === undefined ? undefined : now - capturedUs / 1000;
      },
      stepUs: packet.stepUs,
      displayWidth: packet.displayWidth,
      displayHeight: packet.displayHeight,
      ...(source ? { source } : {}),
      ...(overlay ? { overlay } : {}),
      ...(picture ? { picture } : {}),
      ...(mask ? { mask } : {}),
      acknowledge() {
        if (isAcknowledged) return;
        isAcknowledged = true;
        tell({ type: 'ack', stream: packet.stream, seq: packet.seq });
      },
    };
    onEvent(frame);
    if (acknowledge === 'auto') frame.acknowledge();
  }

  async function open(): Promise<void> {
    socket = await openSocket(options.address, options.token);
    socket.binaryType = 'arraybuffer';
    let failure = '';
    // Frames that came before the close are still being inflated.
    socket.addEventListener('close', ({ code, reason }) => void turn.then(() => end(code, reason || failure)));
    // A close event follows, which only has a reason if the server gave one.
    socket.addEventListener('error', (event) => {
      failure = describeSocketError(event);
    });
    socket.addEventListener('message', ({ data }) => {
      if (isOver) return;
      hasHeard = true;
      if (typeof data === 'string') {
        try {
          hear(JSON.parse(data) as ServerMessage);
        } catch (error) {
          end(1002, String(error));
        }
        return;
      }
      const bytes = new Uint8Array(data as ArrayBuffer);
      if (bytes[0] === 1) turn = turn.then(() => receiveFrame(bytes)).catch((error) => end(1002, String(error)));
    });
    if (isOver) closeSoon();
  }
  open().catch((error: unknown) => {
    if (!(error instanceof SocketMissing)) return end(1006, error instanceof Error ? error.message : String(error));
    stop();
    options.onError(error);
  });

  return {
    setWants(value) {
      wants = value;
      applyWants();
    },
    abandon() {
      stop();
      closeSoon(1000);
    },
  };
}

function describeSocketError({ error, message = '' }: SocketError): string {
  if (message.endsWith('Unexpected server response: 421')) {
    return 'The server is not to be addressed by this name: it takes others by --allow-host';
  }
  // If a name has several addresses, Node's message is empty.
  return error?.code === 'ECONNREFUSED' ? 'Connection refused' : message;
}

function findStream(streams: readonly StreamInfo[], wanted: string | number | undefined): StreamInfo | undefined {
  if (wanted === undefined) return streams[0];
  return streams.find((stream) => stream.name === wanted || stream.id === wanted);
}
