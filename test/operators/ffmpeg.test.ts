import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';
import { packagedFile } from '../../pipeline/options/package-root.js';

const skip = process.platform === 'win32' && 'Windows has no limit of descriptors to lower';

t.test('without free descriptors it is an error of the call, not the end of the program', { skip }, async (t) => {
  const { path } = await findFfmpeg();
  const program = join(t.testdir({ 'scarce.mjs': SCARCE }), 'scarce.mjs');
  const { stdout } = await promisify(execFile)('sh', [
    ...['-c', 'ulimit -n 80 && exec "$@"', 'sh'],
    ...[process.execPath, program, packagedFile('dist/operators/ffmpeg.js'), path],
  ]);
  t.match(JSON.parse(stdout), { code: 'FFMPEG_DIED', message: /cannot be run: spawn .*EMFILE/ });
});

/** Takes all descriptors but two, and starts ffmpeg. */
const SCARCE = `
import { closeSync, openSync } from 'node:fs';
const [module, path] = process.argv.slice(2);
const { startFfmpeg } = await import(module);
const taken = [];
try {
  for (;;) taken.push(openSync('/dev/null'));
} catch {}
for (const descriptor of taken.splice(0, 2)) closeSync(descriptor);
const outcome = await startFfmpeg({ path, version: '5' }, { inputs: [{ source: 'in' }], outputs: [{ target: 'out' }] }).catch(
  ({ code, message }) => ({ code, message }),
);
// What goes wrong a tick later would end the program here.
await new Promise((resolve) => setTimeout(resolve, 50));
for (const descriptor of taken) closeSync(descriptor);
console.log(JSON.stringify(outcome));
`;
