import { spawnSync } from 'node:child_process';
import t from 'tap';
import { packagedFile } from '../../../pipeline/options/package-root.js';
import { runCli } from '../../pipeline/built-cli.js';

/** A program that is busy with a batch when it ends by itself, or in a way of its own. */
const program = (end: string) => `
  import { openEngine } from ${JSON.stringify(packagedFile('dist', 'pipeline', 'index.js'))};
  const engine = await openEngine();
  const { width, height } = engine.inputSize;
  const picture = { width, height, data: new Uint8Array(width * height * 3) };
  await engine.segment([picture]);
  engine.segment(Array(8).fill(picture)).catch(() => {});
  setTimeout(() => { ${end} }, 20);
`;

t.test('a program that ends while an engine computes has the exit status that it asked for', async (t) => {
  // Builds what is not built yet.
  await runCli(['--version']);
  for (const [end, expected] of [
    ['process.exit(3)', 3],
    ['throw new Error("mistake")', 1],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program(end)], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: undefined },
    });
    t.equal(status, expected, end);
    t.notMatch(stderr, /Napi::Error/);
  }
});
