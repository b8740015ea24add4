import t from 'tap';
import { int8Support, int8SupportOf } from '../../../model/engines/processor.js';

t.test('int8 is fast on x86 with VNNI, and careful without it or where nobody can say', async (t) => {
  t.match(int8SupportOf('x64', new Set(['avx2', 'avx512_vnni'])), { isFast: true, weightLimit: 127 });
  t.match(int8SupportOf('x64', new Set(['avx_vnni'])), { isFast: true, weightLimit: 127 });
  t.match(int8SupportOf('x64', new Set(['avx2', 'avx512f'])), { isFast: false, weightLimit: 63, reason: /no VNNI/ });
  t.match(int8SupportOf('x64', undefined), { isFast: false, weightLimit: 63, reason: /not known/ });
  t.match(int8SupportOf('arm64', undefined), { isFast: false, weightLimit: 127 });
  t.match(int8SupportOf('riscv64', undefined), { isFast: false, weightLimit: 63 });
  t.match(int8Support().reason, /\w+ \w+/);
});
