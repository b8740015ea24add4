import { textTable } from '../../text-table.js';
import { fixed, ms } from '../figures.js';
import { renderMachine } from '../machine.js';
import type { ScalingResult } from './scaling.js';

/** Renders the result of `benchmark scaling` for people to read. */
export function renderScaling({ machine, network, precision, curves }: ScalingResult): string {
  const tables = curves.flatMap((curve) => {
    if ('refused' in curve) return ['', `${curve.axis}: ${curve.refused}`];
    const rows = curve.points.map(({ x, ms: elapsed, cpuMs }) => [String(x), ms(elapsed), fixed(cpuMs, 1)]);
    const heading = curve.axis === 'size' ? 'thousand pixels' : curve.axis;
    return ['', textTable([[heading, 'ms a frame', 'CPU ms a frame'], ...rows])];
  });
  return [renderMachine(machine), `${network}, ${precision}`, ...tables].join('\n');
}
