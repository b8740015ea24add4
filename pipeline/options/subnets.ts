import { BlockList, isIP } from 'node:net';
import { optionInvalid } from '../../model/check-option.js';

/** Named networks: this machine, and private networks, which are not routed (RFC 1918, RFC 4193). */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Parses IP addresses and subnets, `10.0.0.7` and `10.0.0.0/8`, and the names `loopback` and `private`.
 *
 * @throws `Failure` `OPTION_INVALID`.
 */
export function parseSubnets(name: string, entries: readonly string[]): BlockList {
  const subnets = new BlockList();
  for (const given of entries) {
    for (const entry of Object.hasOwn(NAMED, given) ? NAMED[given]! : [given]) {
      const [, address = '', prefix] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
      const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
      if (Number(prefix ?? 0) > bits)
        throw optionInvalid(name, 'IP addresses, subnets like 10.0.0.0/8, loopback or private', given);
      subnets.addSubnet(address, Number(prefix ?? bits), bits === 32 ? 'ipv4' : 'ipv6');
    }
  }
  return subnets;
}
