import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeSyntheticDataset } from '../../fixtures/write-synthetic-dataset.js';
import { catalogue } from '../../pipeline/commands/catalogue.js';
import { packagedFile } from '../../pipeline/options/package-root.js';
import { testClip } from '../operators/test-clip.js';
import { runCli, startCli } from './built-cli.js';
import { writeRandomWeights } from './run/random-weights.js';

t.test('every command is listed, and its help has examples and --json', async (t) => {
  const { stdout, status } = await runCli(['--help']);
  t.equal(status, 0);
  for (const { name, summary } of catalogue) {
    t.match(stdout.replace(/\s+/g, ' '), new RegExp(`${name} .*${summary.slice(0, 20)}`));
    const help = await runCli([name, '--help']);
    t.equal(help.status, 0);
    t.match(help.stdout, /\nExamples:\n {2}segnet-stream /, `${name} --help has examples`);
    t.match(help.stdout, '--json');
    t.equal(help.stderr, '');
  }
});

t.test('what cannot be understood is one line with a suggestion, and status 2', async (t) => {
  const usage = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await runCli(args);
    t.same([status, stdout], [2, '']);
    return stderr;
  };
  t.equal(
    await usage('run', 'x', '--opactiy', '1'),
    "Unknown option '--opactiy' (Did you mean --opacity?) [OPTION_UNKNOWN]\n",
  );
  t.match(await usage('rnu'), /^Unknown command 'rnu' \(Did you mean run\?\) \[COMMAND_UNKNOWN\]\n$/);
  t.match(await usage('help', 'rnu'), /^Expected the name of a command, .*\[COMMAND_MISSING\]\n$/);
  t.match(await usage('benchmark'), /\[COMMAND_MISSING\]\n$/);
  t.match(await usage('export', '-o', 'holiday.mp4'), /--output to be the name of a \.onnx file, got `holiday\.mp4`/);
  t.match(await usage('run'), /^Missing required argument 'inputs' \[ARGUMENT_MISSING\]\n$/);
  t.equal(
    await usage('run', 'x', '--opacity', 'x'),
    'Expected --opacity to be a number from 0 to 1, got `x` [OPTION_INVALID]\n',
  );
  t.match(await usage('serve', '--config', 'none.yaml'), /none\.yaml cannot be read \(ENOENT\) \[CONFIG_MISSING\]\n$/);
  t.match(await usage('describe', '--size', 'big'), /^Expected --size to be WIDTHxHEIGHT.*\[OPTION_INVALID\]\n$/);
});

t.test('a file whose name begins with a dash gets a hint', async (t) => {
  const { stderr } = await runCli(['run', '-dash.mp4'], { cwd: t.testdir({ '-dash.mp4': '' }) });
  t.match(stderr, /^Unknown option '-dash\.mp4'; the file of that name is `\.\/-dash\.mp4` \[OPTION_UNKNOWN\]\n$/);
});

t.test(
  'what cannot be written to standard output is told',
  { skip: !existsSync('/dev/full') && 'no /dev/full here' },
  (t) => {
    const script = `exec "$0" "$1" describe > /dev/full`;
    const cli = packagedFile('dist', 'pipeline', 'cli.js');
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, cli], { encoding: 'utf8' });
    t.equal(status, 1);
    t.match(stderr, /^Could not write to standard output: .*ENOSPC.* \[OUTPUT_UNWRITABLE\]\n$/);
    t.end();
  },
);

t.test('a command below another has a --json of its own', async (t) => {
  const small = ['--networks', 'segnet-lite', '--size', '64x48', '--rounds', '1', '--warm-ups', '1', '--peers', 'none'];
  const { stdout, status } = await runCli(['benchmark', 'engines', ...small, '--precisions', 'float32', '--json']);
  t.equal(status, 0);
  t.equal((JSON.parse(stdout) as { width: number }).width ?? 64, 64);
});

t.test('with --json standard output is one JSON document, whatever happens', async (t) => {
  const folder = t.testdir({});
  const weights = await writeRandomWeights(folder);
  const part = ['--duration', '0.12', '--weights', weights, '--json', '-o', join(folder, 'out.mp4')];
  const good = await runCli(['run', await testClip('plain'), ...part]);
  t.match(JSON.parse(good.stdout), { done: 1, files: [{ outcome: 'done', frames: 3 }] });
  t.match(good.stderr, /ffmpeg .* -> .*3 frames/s, 'people are told on standard error');
  const bad = await runCli(['run', await testClip('text'), ...part, '--overwrite']);
  t.equal(bad.status, 1);
  t.match(JSON.parse(bad.stdout), { failed: 1, files: [{ error: { code: 'INPUT_NOT_VIDEO', message: String } }] });
  const wrong = await runCli(['run', 'x', '--crf', '99', '--json']);
  t.same(JSON.parse(wrong.stdout), {
    error: { code: 'OPTION_INVALID', message: 'Expected --crf to be a whole number from 0 to 51, got `99`' },
  });
  const described = await runCli(['describe', 'enet', '--json']);
  t.match(JSON.parse(described.stdout), [{ name: 'enet', width: 480, height: 360, classes: 11, parameters: Number }]);
});

t.test('a stack trace is for those who ask for it', async (t) => {
  const weights = join(t.testdir({}), 'none.safetensors');
  const args = ['run', 'x.mp4', '--weights', weights];
  const plain = await runCli(args);
  t.match(plain, { status: 1, stderr: /^Expected a weights file at .* \[WEIGHTS_MISSING\]\n$/ });
  t.match((await runCli([...args, '--verbose'])).stderr, /\n {4}at /);
  t.match((await runCli(args, { env: { SEGNET_STREAM_DEBUG: '1' } })).stderr, /\n {4}at /);
});

t.test('without a command there is help', async (t) => {
  t.match(await runCli([]), { status: 0, stdout: /^Usage: segnet-stream/ });
  t.match(await runCli(['--version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});

t.test('what goes wrong after the result is told of on standard error alone: --json stays one document', async (t) => {
  const folder = t.testdir({ gone: {} });
  const data = join(folder, 'data');
  await writeSyntheticDataset({ out: data, count: 1, validationCount: 30, seed: 1, width: 64, height: 48 });
  const args = ['evaluate', '--images', join(data, 'val'), '--labels', join(data, 'valannot'), '--json', '--picture'];
  const { process: child, finished } = startCli([...args, join(folder, 'gone', 'a.svg')]);
  // The engine's description: the folder has been checked by then, and no picture is scored yet.
  child.stderr!.once('data', () => {
    rmSync(join(folder, 'gone'), { recursive: true });
    writeFileSync(join(folder, 'gone'), '');
  });
  const { status, stdout, stderr } = await finished;
  t.equal(status, 1);
  t.match(stderr, /OUTPUT_UNWRITABLE/);
  t.type(JSON.parse(stdout).mIoU, 'number');
  const early = await runCli([...args, join(folder, 'a.png')]);
  t.equal(early.status, 2);
  t.match(JSON.parse(early.stdout), { error: { code: 'OPTION_INVALID' } });
});
