import t from 'tap';
import { doctor, renderFindings } from '../../pipeline/doctor.js';

// Each engine is tried in a process of its own.
t.setTimeout(300_000);

t.test('doctor says what is there, and what is not and how to get it', async (t) => {
  const before = process.env.FFMPEG_PATH;
  process.env.FFMPEG_PATH = '/nowhere/ffmpeg';
  t.teardown(() => {
    if (before === undefined) delete process.env.FFMPEG_PATH;
    else process.env.FFMPEG_PATH = before;
  });
  const findings = await doctor();
  const named = (name: string) => findings.find((finding) => finding.name === name);

  t.match(named('node'), { state: 'found', detail: process.versions.node });
  t.match(named('machine'), { state: 'found', detail: process.arch });
  t.match(named('ffmpeg'), { state: 'missing', detail: /\/nowhere\/ffmpeg/ });
  t.match(named('onnx on cpu'), { state: 'found', detail: 'a small network was computed on the processor' });
  t.ok(named('gpu'));
  t.ok(findings.some(({ name }) => name.startsWith('weights')));
  t.equal(named('onnx on webgpu')?.name, 'onnx on webgpu');
  for (const { name, state, advice } of findings) {
    if (state === 'missing' && /^onnx|tensorflow|weights/.test(name)) t.match(advice, /\w+ \w+/, `${name} has advice`);
  }
});

t.test('findings are printed as a column of names, a mark before and advice below', async (t) => {
  const text = renderFindings([
    { name: 'node', state: 'found', detail: '20.9.0' },
    { name: 'ffmpeg', state: 'warning', detail: '2.8', advice: 'Install a newer one' },
    { name: 'gpu', state: 'missing', detail: 'none' },
  ]);
  t.equal(text, ['+ node    20.9.0', '! ffmpeg  2.8', '          Install a newer one', '- gpu     none'].join('\n'));
});
