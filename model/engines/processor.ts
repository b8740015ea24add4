import { readFileSync } from 'node:fs';
import { arch } from 'node:os';

/** How well a processor multiplies bytes. */
export interface Int8Support {
  /** True if it has instructions that make int8 faster than float32. */
  readonly isFast: boolean;
  /** The largest int8 weight. Older x86 instructions add two products in 16 bits, which weights up to 63 cannot overflow. */
  readonly weightLimit: 63 | 127;
  /** The reason, for people to read. */
  readonly reason: string;
}

/** The int8 support of this processor; the safe answer where its flags cannot be read. */
export function int8Support(): Int8Support {
  return int8SupportOf(arch(), processorFlags());
}

/** The int8 support of a Node architecture with the CPU flags that Linux lists (undefined where there is no list). */
export function int8SupportOf(architecture: string, flags: ReadonlySet<string> | undefined): Int8Support {
  if (architecture === 'x64') {
    const hasVnni = flags?.has('avx512_vnni') === true || flags?.has('avx_vnni') === true;
    if (hasVnni) return { isFast: true, weightLimit: 127, reason: 'the processor has VNNI' };
    const reason =
      flags === undefined ? 'whether the processor has VNNI is not known here' : 'the processor has no VNNI';
    return { isFast: false, weightLimit: 63, reason };
  }
  // ARM accumulates products of bytes in 32 bits. Whether that is faster than float32 was not measured.
  if (architecture === 'arm64') return { isFast: false, weightLimit: 127, reason: 'int8 was not measured on ARM' };
  return { isFast: false, weightLimit: 63, reason: `int8 was not measured on ${architecture}` };
}

/** The CPU flags that Linux lists; undefined on other systems. */
export function processorFlags(): ReadonlySet<string> | undefined {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return line === undefined ? undefined : new Set(line.trim().split(/\s+/));
  } catch {
    return undefined;
  }
}
