/**
 * Prints how much of each frame is road, as JSON lines: a program that feeds on a server.
 *
 *     SEGNET_STREAM_TOKEN=... node dist/pipeline/client/examples/consumer.js ws://127.0.0.1:8080 --stream front --frames 100
 */
import { parseArgs } from 'node:util';
import { filter, take } from 'rxjs';
// In a project of your own: from 'segnet-stream/client'.
import { connect, type LiveEvent, type LiveFrame } from '../index.js';

// A reader that has seen enough, `... | head -3`, is no error.
process.stdout.on('error', () => process.exit());

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { stream: { type: 'string' }, frames: { type: 'string', default: 'Infinity' } },
});
const [url = 'ws://127.0.0.1:8080'] = positionals;
const frames = Number(values.frames);
if (!(frames >= 1)) {
  console.error(`Expected --frames to be a number of at least 1, got ${values.frames}`);
  process.exit(2);
}
let road = -1;

connect(url, { want: [{ stream: values.stream, parts: ['mask'], maxFps: 10 }] })
  .pipe(
    filter((event: LiveEvent): event is LiveFrame => {
      if (event.type === 'hello') road = event.classes.findIndex(({ name }) => name === 'road');
      if (event.type === 'closed' && event.retryAt)
        console.error(`Not connected to ${url}: ${event.reason || event.code}. Trying again.`);
      return event.type === 'frame';
    }),
    take(frames),
  )
  .subscribe({
    next({ stream, ptsUs, mask, skipped, ageMs }) {
      const pixels = mask!.data.filter((index) => index === road).length;
      console.log(JSON.stringify({ stream, ptsUs, road: pixels / mask!.data.length, skipped, ageMs: ageMs() }));
    },
    error(error) {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
