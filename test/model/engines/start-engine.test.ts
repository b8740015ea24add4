import { pathToFileURL } from 'node:url';
import t from 'tap';
import { startEngine } from '../../../model/engines/start-engine.js';

for (const [death, code, reason] of [
  ['throws', "throw new Error('no memory')", 'no memory'],
  ['ends', 'process.exit(3)', 'its thread ended'],
] as const) {
  t.test(`an engine whose thread ${death} before its first message is unavailable`, async (t) => {
    const module = pathToFileURL(`${t.testdir({ 'dying.mjs': code })}/dying.mjs`);
    const started = startEngine({ engine: 'onnx', advice: 'Install it', module, data: {} });
    const message = `The onnx engine could not start: ${reason}. Install it`;
    await t.rejects(started, { code: 'ENGINE_UNAVAILABLE', message });
  });
}
