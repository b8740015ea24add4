import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findPeers, requirePeers } from '../../../pipeline/benchmark/peers.js';
import { runCli } from '../built-cli.js';

/** A Python that answers as the test wants; `undefined` is none at all. */
function usePython(t: Test, script: string | undefined): void {
  const before = process.env.SEGNET_STREAM_PEERS_PYTHON;
  const path = join(t.testdir({}), 'python');
  if (script !== undefined) {
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
  process.env.SEGNET_STREAM_PEERS_PYTHON = path;
  t.teardown(() => {
    if (before === undefined) delete process.env.SEGNET_STREAM_PEERS_PYTHON;
    else process.env.SEGNET_STREAM_PEERS_PYTHON = before;
  });
}

t.test('without the set-up there are none, and those that are asked for are missed by name', async (t) => {
  usePython(t, undefined);
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
