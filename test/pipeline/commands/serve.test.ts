import t from 'tap';
import { testClip } from '../../operators/test-clip.js';
import { runCli } from '../built-cli.js';

t.test('with a JSON log every line on standard error is JSON, from the start to the end', async (t) => {
  const clip = await testClip('plain');
  const { status, stderr, stdout } = await runCli([
    ...['serve', clip, '--no-realtime', '--port', '0', '--log-format', 'json', '--json'],
  ]);
  t.equal(status, 0, stderr);
  const said = stderr
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  t.ok(said.includes('listening') && said.at(-1) === 'stopped', said.join());
  t.match(JSON.parse(stdout), { streams: [{ name: String }], failedRecordings: [] });
});

t.test('for people it says where to watch', async (t) => {
  const { status, stderr } = await runCli([
    ...['serve', await testClip('plain'), '--no-realtime', '--port', '0', '--log-format', 'text'],
  ]);
  t.equal(status, 0, stderr);
  t.match(stderr, /^Watch at http:\/\/127\.0\.0\.1:\d+\/$/m);
});
