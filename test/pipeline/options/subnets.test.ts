import t from 'tap';
import { parseSubnets } from '../../../pipeline/options/subnets.js';

t.test('addresses, subnets and names', async (t) => {
  for (const [entry, inside, outside] of [
    ['10.0.0.7', ['10.0.0.7'], ['10.0.0.8']],
    ['10.0.0.0/8', ['10.255.1.2'], ['11.0.0.1']],
    ['2001:db8::/32', ['2001:db8:1::7'], ['2001:db9::1']],
    ['::1', ['::1'], ['::2']],
    ['0.0.0.0/0', ['198.51.100.1'], []],
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1'], ['10.0.0.1']],
    ['private', ['10.1.1.1', '172.31.0.1', '192.168.0.1', 'fd00::1'], ['172.32.0.1', '127.0.0.1', '2001:db8::1']],
  ] as const) {
    const subnets = parseSubnets('x', [entry]);
    const has = (address: string) => subnets.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    t.same(inside.filter(has), inside, entry);
    t.same(outside.filter(has), [], entry);
  }
  t.ok(parseSubnets('x', ['10.0.0.0/8']).check('::ffff:10.0.0.7', 'ipv6'), 'as a server on :: sees them');
  t.same(parseSubnets('x', []).rules, []);
});

t.test('what is none is refused by the name of the option', async (t) => {
  for (const entry of ['', 'proxy.example', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.1:80'])
    t.throws(() => parseSubnets('--trust-proxy', ['::1', entry]), {
      code: 'OPTION_INVALID',
      message: `Expected --trust-proxy to be IP addresses, subnets like 10.0.0.0/8, loopback or private, got \`${entry}\``,
    });
  for (const entry of [
    '10.0.0',
    'fe80::1%eth0',
    '[::1]',
    'Private',
    '__proto__',
    'constructor',
    '10.0.0.0/8/8',
    '10.0.0.0/1e1',
  ])
    t.throws(() => parseSubnets('x', [entry]), { code: 'OPTION_INVALID' }, entry);
});
