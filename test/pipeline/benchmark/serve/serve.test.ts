import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openViewer } from '../../../../pipeline/benchmark/open-viewer.js';
import { startLineProcess } from '../../../../pipeline/benchmark/process/line-process.js';
import type {
  CostAnswer,
  CostQuestion,
  ServeAnswer,
  ServeQuestion,
} from '../../../../pipeline/benchmark/serve/serve-program.js';
import { moduleCommand } from '../../../../pipeline/module-command.js';
import { sampleClip } from '../../../../pipeline/options/package-root.js';

const skip = process.platform !== 'linux' && 'needs /proc';

t.test('a clip is served at its own pace, to nobody and to a viewer, and its cost is told', { skip }, async (t) => {
  const file = new URL('../../../../pipeline/benchmark/serve/serve-program.ts', import.meta.url);
  const program = startLineProcess('the server', moduleCommand(file));
  t.teardown(() => program.close());
  const token = 'a token for the test';
  const question: ServeQuestion = {
    ask: 'serve',
    clip: sampleClip,
    engine: { precision: 'float32', threads: 2 },
    token,
  };
  const { url } = await program.ask<ServeAnswer>(question);
  const watch = (seconds: number) => program.ask<CostAnswer>({ ask: 'cost', seconds } satisfies CostQuestion);
  await sleep(1000);
  const alone = await watch(2);
  t.ok(alone.frames > 0 && alone.frames < 75, `${alone.frames} frames of 25 a second in 2 s`);
  t.ok(alone.engineCpuMs > 0 && alone.engineCpuMs < alone.cpuMs, `${alone.engineCpuMs} of ${alone.cpuMs} ms`);

  t.ok(alone.engineThreads >= 2, `${alone.engineThreads} threads of the engine`);

  // The thread that encodes pictures starts with the first one.
  const viewer = await openViewer({ url, token }, ['picture', 'mask'], 'frame');
  t.teardown(() => viewer.unsubscribe());
  const watched = await watch(2);
  t.ok(watched.frames > 0 && watched.cpuMs > 0, `${watched.cpuMs} ms for ${watched.frames} frames`);
});
