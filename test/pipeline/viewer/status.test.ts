import t from 'tap';
import type { StreamInfo } from '../../../pipeline/client/protocol.js';
import { describeStatus, describeTitle } from '../../../pipeline/viewer/status.js';

const stream: StreamInfo = { id: 0, name: 'front', state: 'live', since: 0, epoch: 1 };
const now = 1_000_000;
const facts = { now, serverNow: now, offline: undefined, stream, missing: undefined, ageMs: 84, paused: false };

t.test('what is shown is live, stale, paused or offline, and its age is told', async (t) => {
  t.match(describeStatus(facts), { word: 'LIVE', age: '84 ms', notice: undefined, said: 'Live' });
  t.match(describeStatus({ ...facts, ageMs: 12_300 }), { word: 'STALE', age: '12 s' });
  t.match(describeStatus({ ...facts, paused: true }), { word: 'PAUSED' });
  t.match(describeStatus({ ...facts, ageMs: undefined }), { word: 'CONNECTING', notice: /first frame/ });
  t.match(describeStatus({ ...facts, stream: { ...stream, state: 'ended' } }), {
    word: 'ENDED',
    notice: 'front is over',
  });
});

t.test('a camera that never gave a picture has no signal; one that did is stale', async (t) => {
  const failing = { ...facts, stream: { ...stream, state: 'reconnecting', error: 'Connection refused' } } as const;
  t.match(describeStatus({ ...failing, ageMs: undefined }), {
    word: 'NO SIGNAL',
    notice: 'front: Connection refused.',
  });
  t.match(describeStatus(failing), { word: 'STALE', notice: 'front: Connection refused.' });
});

t.test('while a source is tried again, the reason stays', async (t) => {
  const trying = { ...stream, state: 'connecting', epoch: 3, error: 'Connection refused' } as const;
  t.equal(describeStatus({ ...facts, stream: trying }).notice, 'front: Connection refused. Trying again.');
});

t.test('another stream than the one that was asked for is told of, behind what is wrong with it', async (t) => {
  const elsewhere = { ...facts, missing: 'rear' };
  const notice = 'There is no stream called rear. This is front.';
  t.match(describeStatus(elsewhere), { word: 'LIVE', notice, said: notice });
  t.match(describeStatus({ ...elsewhere, stream: { ...stream, state: 'ended' } }), { notice: 'front is over' });
  t.match(describeStatus({ ...elsewhere, stream: undefined, ageMs: undefined }), { notice: /first frame/ });
});

t.test('the next attempt of a source is told by the server’s clock, that of the page by its own', async (t) => {
  const failing = { ...stream, state: 'reconnecting', error: 'Connection refused', retryAt: 1_125_000 } as const;
  t.equal(
    describeStatus({ ...facts, serverNow: 1_120_000, stream: failing }).notice,
    'front: Connection refused. Next attempt in 5 s.',
  );
  t.equal(
    describeStatus({ ...facts, stream: { ...stream, state: 'failed', error: 'No video', file: 'dash.mp4' } }).notice,
    'dash.mp4: No video.',
  );
  const offline = { reason: 'The connection is lost', retryAt: 1_003_000 };
  t.equal(
    describeStatus({ ...facts, serverNow: 1_120_000, offline }).notice,
    'The connection is lost. Trying again in 3 s.',
  );
  t.equal(describeStatus({ ...facts, offline: { reason: 'Refused', retryAt: undefined } }).notice, 'Refused.');
});

t.test('a tab is called after its stream, and says what is not live', async (t) => {
  const titled = (given: Partial<typeof facts> | object) => describeTitle({ ...facts, ...given });
  t.equal(titled({}), 'front – segnet-stream');
  t.equal(titled({ ageMs: 60_000 }), 'front – segnet-stream', 'a hidden tab gets no frames');
  t.equal(titled({ stream: { ...stream, state: 'failed' } }), 'front (failed) – segnet-stream');
  t.equal(titled({ paused: true }), 'front (paused) – segnet-stream');
  t.equal(titled({ paused: true, offline: { reason: 'Lost', retryAt: 0 } }), 'front (offline) – segnet-stream');
  t.equal(titled({ stream: undefined }), 'segnet-stream');
});
