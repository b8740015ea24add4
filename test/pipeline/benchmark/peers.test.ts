import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findPeers, requirePeers } from '../../../pipeline/benchmark/peers.js';
import { runCli } from '../built-cli.js';

/** A Python that answers as the test wants. */
function usePython(t: Test, script: string): void {
  const path = join(t.testdir({}), 'python');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  setVariable(t, 'SEGNET_STREAM_PEERS_PYTHON', path);
}

function setVariable(t: Test, name: string, value: string | undefined): void {
  const before = process.env[name];
  const set = (to: string | undefined) => {
    if (to === undefined) delete process.env[name];
    else process.env[name] = to;
  };
  set(value);
  t.teardown(() => set(before));
}

t.test('without the set-up there are none, and those that are asked for are missed by name', async (t) => {
  setVariable(t, 'SEGNET_STREAM_PEERS_PYTHON', undefined);
  setVariable(t, 'XDG_CACHE_HOME', t.testdir({}));
  t.same(await findPeers(), []);
  t.same(await requirePeers([]), []);
  await t.rejects(requirePeers(['openvino', 'pytorch']), {
    code: 'PEER_MISSING',
    message: /no openvino, no pytorch.*setup\.sh/,
  });
  for (const args of [
    ['engines', '--peers', 'openvino'],
    ['pipeline', '--loops', '--rounds', '1'],
  ]) {
    const { status, stderr } = await runCli(['benchmark', ...args]);
    t.equal(status, 1);
    t.match(stderr, /PEER_MISSING/);
  }
});

t.test('a Python that does not run is one clear error', async (t) => {
  usePython(t, 'echo "ModuleNotFoundError: No module named numpy" >&2; exit 1');
  await t.rejects(findPeers(), { code: 'PEER_FAILED', message: /cannot list them: ModuleNotFoundError.*setup\.sh/ });
  usePython(t, 'echo hello');
  await t.rejects(findPeers(), { code: 'PEER_FAILED', message: /JSON/ });
  setVariable(t, 'SEGNET_STREAM_PEERS_PYTHON', '/no/such/python');
  await t.rejects(findPeers(), { code: 'PEER_FAILED', message: /no\/such\/python/ });
});

t.test('what is installed is found, and those that are asked for are taken', async (t) => {
  const each = (title: string) =>
    `"${title.toLowerCase()}": {"title": "${title}", "version": "2", "precisions": ["float32"]}`;
  usePython(t, `echo '{${each('OpenVINO')}, ${each('PyTorch')}}'`);
  t.same(
    (await findPeers()).map(({ title }) => title),
    ['OpenVINO 2', 'PyTorch 2'],
  );
  t.same(await requirePeers(['pytorch']), [{ name: 'pytorch', title: 'PyTorch 2', precisions: ['float32'] }]);
});
