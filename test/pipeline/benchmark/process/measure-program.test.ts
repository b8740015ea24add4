import t from 'tap';
import { childSeconds, measureProgram } from '../../../../pipeline/benchmark/process/measure-program.js';

t.test('reads the times of dash and of bash', async (t) => {
  t.equal(childSeconds('0m0.000000s 0m0.001000s\n0m1.250000s 0m0.250000s\n'), 1.5);
  t.equal(childSeconds('0m0.003s 0m0.001s\n2m1.500s 0m0.500s\n'), 122);
  t.equal(childSeconds(''), 0);
});

t.test('counts the processor time and memory of what a program starts', async (t) => {
  const busy = "const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end); console.log('done')";
  const script = `require('child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(busy)}], { stdio: 'inherit' })`;
  const cost = await measureProgram('busy', { file: process.execPath, args: ['-e', script] });
  t.equal(cost.output, 'done\n');
  t.ok(cost.cpuSeconds >= 0.3, 'the grandchild’s 0.3 s are in it');
  if (process.platform === 'linux') {
    const { peakBytes, peakProportionalBytes, byProgram } = cost.memory!;
    t.ok(peakBytes > 2e7 && byProgram.node! > 2e7);
    t.ok(peakProportionalBytes > 1e7 && peakProportionalBytes < 1.1 * peakBytes, 'what is shared counts once');
  }
});

t.test('arguments reach the program as they are', async (t) => {
  const args = ['-e', 'process.stdout.write(process.argv.slice(1).join("|"))', '--', '$HOME', 'a b', '"; exit 3'];
  t.equal((await measureProgram('arguments', { file: process.execPath, args })).output, '$HOME|a b|"; exit 3');
});

t.test('a program that fails is told of with its last line', async (t) => {
  const fail = { file: process.execPath, args: ['-e', 'console.error("first\\nlast"); process.exit(4)'] };
  await t.rejects(measureProgram('it', fail), { code: 'PROGRAM_FAILED', message: 'it ended with 4: last' });
  await t.rejects(measureProgram('ghost', { file: '/nowhere/ghost', args: [] }), { code: 'PROGRAM_FAILED' });
});
