import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { parseSubnets } from '../../../pipeline/options/subnets.js';
import { TrustedProxies } from '../../../pipeline/serve/trusted-proxies.js';

const proxies = new TrustedProxies(parseSubnets('x', ['10.0.0.0/8', 'fd00::/8', 'fe80::/10']));

/** A request as Node gives it: of several headers of a name one, with commas. */
function request(remoteAddress: string | undefined, headers: Record<string, string> = {}, encrypted = false) {
  return { socket: { remoteAddress, encrypted }, headers } as unknown as IncomingMessage;
}

t.test('a request comes from the last address that no trusted proxy has', async (t) => {
  for (const [remote, header, address] of [
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    [undefined, '198.51.100.1', 'unknown'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['fe80::1%eth0', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', 'spoofed, 192.0.2.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '192.0.2.1,198.51.100.1 ,10.0.0.2,\t10.0.0.3', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.4, 10.0.0.3', '10.0.0.4'],
    ['10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['10.0.0.1', '[2001:db8::7]', '2001:db8::7'],
    ['10.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['10.0.0.1', '2001:db8::7%a:b:c:d:e:f:g:h:i', '2001:db8::7'],
    ['10.0.0.1', '192.0.2.1, [fd00::2]:1', '192.0.2.1'],
    // What is no address is nobody's: it counts as its proxy's own.
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1, _hidden', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '192.0.2.1,', '10.0.0.1'],
    ['10.0.0.1', ','.repeat(8000), '10.0.0.1'],
    ['10.0.0.1', '['.repeat(8000), '10.0.0.1'],
    ['10.0.0.1', '1.'.repeat(4000), '10.0.0.1'],
    ['10.0.0.1', '192.0.2.256', '10.0.0.1'],
    ['10.0.0.1', '[192.0.2.1', '10.0.0.1'],
  ] as const) {
    const headers: Record<string, string> = header === undefined ? {} : { 'x-forwarded-for': header };
    t.equal(proxies.addressOf(request(remote, headers)), address, `${remote} says ${String(header).slice(0, 50)}`);
  }
});

t.test('TLS is what a trusted proxy says of it, else what the connection has', async (t) => {
  for (const [remote, header, encrypted, secure] of [
    ['10.0.0.1', 'https', false, true],
    ['10.0.0.1', 'wss', false, true],
    ['10.0.0.1', 'HTTPS,http', false, true],
    ['10.0.0.1', 'http', true, false],
    ['10.0.0.1', 'httpsx', false, false],
    ['10.0.0.1', '', true, false],
    ['10.0.0.1', undefined, true, true],
    ['10.0.0.1', undefined, false, false],
    ['203.0.113.9', 'https', false, false],
    ['203.0.113.9', 'http', true, true],
  ] as const) {
    const headers: Record<string, string> = header === undefined ? {} : { 'x-forwarded-proto': header };
    t.equal(proxies.isSecure(request(remote, headers, encrypted)), secure, `${remote} says ${header}`);
  }
});
