import t from 'tap';
import { adviseLoad } from '../../../pipeline/serve/advise-load.js';
import { LiveStream } from '../../../pipeline/serve/live-stream.js';

/** A live stream that segmented and dropped so many frames in each of three seconds. */
function busyStream(name: string, segmented: number, dropped: number, cause: 'busy' | 'rate' = 'busy'): LiveStream {
  const stream = new LiveStream(0, name);
  stream.setStatus({ state: 'live', epoch: 0, since: 0 }, String);
  for (let second = 0; second < 4; second++) {
    stream.tick(second * 1000);
    stream.segmented.add(segmented);
    for (let count = 0; count < dropped; count++) stream.drop(cause);
  }
  return stream;
}

t.test('says what to lower where most frames are dropped', async (t) => {
  const streams = [busyStream('a', 6, 19), busyStream('b', 4, 21)];
  adviseLoad(streams);
  for (const stream of streams) {
    t.equal(
      stream.advice,
      "2 sources bring 50 frames/s and the machine segments 10: lower --max-fps to 5, take the cameras' sub-streams, use --decode keyframes, or a faster --network or --engine",
    );
    t.equal(stream.stats().advice, stream.advice);
  }
  const slow = busyStream('a', 1, 24);
  adviseLoad([slow, busyStream('b', 0, 25), busyStream('c', 0, 25)]);
  t.match(slow.advice, /segments 1\.0: lower --max-fps to 0\.3/);
});

t.test('says nothing where a few are dropped, or those that were meant to be', async (t) => {
  for (const stream of [busyStream('a', 20, 5), busyStream('a', 5, 20, 'rate'), new LiveStream(0, 'a')]) {
    adviseLoad([stream]);
    t.equal(stream.advice, undefined);
  }
});

t.test('takes it back when it is over', async (t) => {
  const stream = busyStream('a', 5, 20);
  adviseLoad([stream]);
  t.ok(stream.advice);
  for (let second = 4; second < 16; second++) {
    stream.segmented.add(25);
    stream.tick(second * 1000);
  }
  adviseLoad([stream]);
  t.equal(stream.advice, undefined);
});

t.test('says nothing of what piled up while the process was stopped', async (t) => {
  const stream = busyStream('a', 25, 0);
  // Stopped at 3 s for a minute; then a backlog is dropped within two seconds.
  for (let second = 63; second < 80; second++) {
    stream.tick(second * 1000);
    adviseLoad([stream], second * 1000);
    t.equal(stream.advice, undefined, `${second} s`);
    stream.segmented.add(25);
    for (let count = 0; second < 65 && count < 400; count++) stream.drop('busy');
  }
  t.equal(stream.segmented.perSecond, 25);
});

t.test('says nothing of what is dropped while a source starts', async (t) => {
  const stream = new LiveStream(0, 'a');
  stream.setStatus({ state: 'live', epoch: 0, since: Date.now() }, String);
  const { since } = stream.info;
  for (let second = 0; second < 30; second++) {
    stream.tick(since + second * 1000);
    adviseLoad([stream], since + second * 1000);
    t.equal(stream.advice, undefined, `${second} s`);
    // The network warms up for three seconds.
    for (let count = 0; count < 25; count++) second < 3 ? stream.drop('busy') : stream.segmented.add();
  }
});
