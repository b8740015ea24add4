import { formatTime } from '../options/time.js';
import { count, shorten } from '../wording.js';
import type { PlannedFile, RunPlan } from './plan.js';

/** True if the disk has no room for the outputs. */
export function isTooLarge({ bytes, freeBytes }: RunPlan): boolean {
  return freeBytes !== undefined && bytes > freeBytes;
}

/** Renders a plan for people to read: a line for each input, and the totals. */
export function describePlan(plan: RunPlan): string {
  const { files, make, skip, refuse, frames, seconds, bytes, freeBytes, engine, samples, notes } = plan;
  const basis = samples.map(
    ({ width, height, framesPerSecond, frames: measured }) =>
      `${framesPerSecond} frames/s at ${width}x${height} (${count(measured, 'frame')} measured)`,
  );
  const unknown = files.some((file) => file.action === 'make' && file.frames === undefined);
  const room = isTooLarge(plan) ? ': not enough' : '';
  return [
    ...notes,
    ...files.map(describePlanned),
    `${count(files.length, 'file')}: ${make} to make, ${skip} up to date, ${refuse} refused`,
    ...(make === 0
      ? []
      : [
          `${unknown ? 'At least ' : ''}${count(frames, 'frame')}, about ${formatTime(seconds)} and ${formatBytes(bytes)} of disk` +
            (freeBytes === undefined ? '' : ` (${formatBytes(freeBytes)} free${room})`),
        ]),
    ...(engine === undefined || basis.length === 0 ? [] : [`Estimated on ${engine}: ${basis.join(', ')}`]),
  ].join('\n');
}

function describePlanned({ action, outputs, frames, seconds, bytes, error, ...file }: PlannedFile): string {
  const input = shorten(file.input);
  if (action === 'refuse') return `refuse  ${input}: ${error?.message} [${error?.code}]`;
  const target = Object.values(outputs).map(shorten).join(', ');
  if (action === 'skip') return `skip    ${input}: ${target} is up to date`;
  const facts = [
    frames === undefined ? 'length unknown' : count(frames, 'frame'),
    ...(seconds === undefined ? [] : [`about ${formatTime(seconds)}`]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
  ];
  return `make    ${input}${target === '' ? '' : ` -> ${target}`}: ${facts.join(', ')}`;
}

/** `950 B`, `1.5 MB`, `12 GB`: in powers of a thousand, as for disks. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
