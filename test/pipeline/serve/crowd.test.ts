import t from 'tap';
import type { EncodedPart } from '../../../operators/encode-parts.js';
import { CloseCode } from '../../../pipeline/client/protocol.js';
import { fakeFrame } from './fake-frames.js';
import { openTestServer } from './open-test-server.js';
import { connectRaw, type RawClient } from './raw-client.js';

const FRAMES = 40;
const FRAME_BYTES = 100_000;
const QUICK = 40;
const SLOW = 10;

t.setTimeout(300_000);

t.test(
  '50 clients of which 10 read slowly or not at all: the others get every frame, memory stays bounded',
  async (t) => {
    const server = await openTestServer(t, { maxClientsPerAddress: 100, limits: { ackTimeoutMs: 3000 } });
    const parts: EncodedPart[] = [{ kind: 'source', codec: 'jpeg', data: new Uint8Array(FRAME_BYTES) }];
    const ages: { alone: number[]; inCrowd: number[] } = { alone: [], inCrowd: [] };
    let phase: keyof typeof ages = 'alone';

    const join = async (): Promise<RawClient> => {
      const client = connectRaw(server);
      await client.hear('hello');
      client.send({ type: 'subscribe', stream: 0, parts: ['source'], window: 2 });
      await client.hear('subscribed');
      return client;
    };
    const quick = await Promise.all(Array.from({ length: QUICK }, join));
    const received = new Map<RawClient, number>(quick.map((client) => [client, 0]));
    for (const client of quick) {
      client.socket.on('message', (_data, isBinary) => {
        if (!isBinary) return;
        const frame = client.frames.pop()!;
        client.frames.length = 0;
        ages[phase].push(performance.timeOrigin + performance.now() - frame.capturedUs / 1000);
        received.set(client, received.get(client)! + 1);
        client.send({ type: 'ack', stream: 0, seq: frame.seq });
      });
    }
    /** Shows the next frame when the quick ones have the last: what would hold them up is then the slow ones alone. */
    const showAll = async (): Promise<void> => {
      for (let index = 0; index < FRAMES; index++) {
        const before = [...received.values()];
        server.hub.show(fakeFrame({ index }), parts, 1);
        while ([...received.values()].some((count, place) => count === before[place])) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    await showAll();

    const slow = await Promise.all(Array.from({ length: SLOW }, join));
    // Half of them read nothing any more, half read and never acknowledge.
    for (const client of slow.slice(0, SLOW / 2)) client.socket.pause();
    phase = 'inCrowd';
    const unsent = (): number => Math.max(...[...server.hub.sessions].map((session) => session.unsentBytes));
    await showAll();
    t.ok([...received.values()].every((count) => count === FRAMES * 2));
    t.ok(unsent() <= 2.1 * FRAME_BYTES, `at most a window of frames waits in the server, ${unsent()} bytes`);
    t.ok(
      slow.every((client) => client.frames.length <= 2),
      'who owes acknowledgements gets nothing more',
    );

    const closed = await Promise.all(slow.slice(SLOW / 2).map((client) => client.closed));
    t.ok(closed.every(({ code }) => code === CloseCode.tooSlow));
    while (server.hub.sessions.size > QUICK) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const client of slow) client.socket.terminate();

    const median = (values: number[]): string =>
      values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(1);
    t.comment(
      `age at ${QUICK} quick clients, median: ${median(ages.alone)} ms alone, ${median(ages.inCrowd)} ms beside ${SLOW} slow ones`,
    );
  },
);
