import t from 'tap';
import { subnetOf } from '../../../pipeline/serve/subnet.js';

t.test('an IPv4 address stands for itself, an IPv6 address for its first 64 bits', async (t) => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:0db8:0001:2::5', '2001:db8:1:2'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    [undefined, 'unknown'],
  ] as const) {
    t.equal(subnetOf(address), network, String(address));
  }
});
