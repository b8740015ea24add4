import { textTable } from '../text-table.js';
import type { BarChart } from './bar-chart.js';
import type { Refused } from './contest.js';
import type { EnginesResult } from './engines.js';
import type { FrontierResult } from './frontier.js';
import { renderMachine } from './machine.js';
import type { MemoryResult } from './memory.js';
import { peersAdvice } from './peers.js';
import type { PipelineResult, PipelineRow } from './pipeline.js';
import type { ScalingResult } from './scaling.js';
import type { ServeBenchmark } from './serve.js';
import type { Table6, Table6Result } from './table6.js';
import type { TrainingResult } from './training.js';

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '-' : (bytes / 1e6).toFixed(0));
const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(value < 100 ? 1 : 0));
const fixed = (value: number | undefined, digits = 2) => (value === undefined ? '-' : value.toFixed(digits));

/** What `benchmark engines` prints for people. */
export function renderEngines({ machine, size, threads, weights, rows }: EnginesResult): string {
  const timed = rows.flatMap((row) => ('refused' in row ? [] : [row]));
  const table = timed.map((row) => {
    const first = timed.find(({ network, batch }) => network === row.network && batch === row.batch)!;
    const { median, p95, least } = row.frameMs;
    return [
      row.network,
      row.contestant,
      row.precision,
      String(row.batch),
      ms(median),
      ms(p95),
      ms(least),
      fixed(median / first.frameMs.median),
      ms(row.cpuMsPerFrame),
      megabytes(row.peakBytes),
      (100 * row.agreement).toFixed(2),
    ];
  });
  const head = ['network', 'engine', 'precision', 'batch', 'ms', 'p95', 'least', 'of first', 'CPU ms', 'MB', 'same %'];
  const refused = rows.flatMap((row) =>
    'refused' in row ? [`${row.network}, ${row.contestant} ${row.precision}: ${row.refused}`] : [],
  );
  const random = Object.keys(weights).filter((network) => weights[network] === 'random');
  return [
    renderMachine(machine),
    `${size.width}x${size.height}, ${threads} threads each; ms a frame, batches in turns`,
    ...(random.length > 0 ? [`Random weights: ${random.join(', ')}`] : []),
    '',
    textTable([head, ...table]),
    ...(refused.length > 0 ? ['', 'Not timed:', ...refused] : []),
    ...(rows.some(({ isPeer }) => isPeer) ? [] : ['', `No peers: ${peersAdvice}`]),
  ].join('\n');
}

/** The medians of `benchmark engines` as bars. */
export function engineChart({ machine, size, rows }: EnginesResult): BarChart {
  const names = [...new Set(rows.map(({ network, batch }) => `${network}, batch ${batch}`))];
  return {
    title: `Engines at ${size.width}x${size.height}`,
    unit: 'ms a frame, median (less is better); each network on a scale of its own',
    groups: names.flatMap((name) => {
      const bars = rows.flatMap((row) =>
        'refused' in row || `${row.network}, batch ${row.batch}` !== name
          ? []
          : [{ name: `${row.contestant} ${row.precision}`, value: row.frameMs.median, isOurs: !row.isPeer }],
      );
      return bars.length > 0 ? [{ name, bars }] : [];
    }),
    note: `segnet-stream benchmark engines; ${machine.cores} x ${machine.processor}, Node ${machine.node}`,
  };
}

/** What `benchmark pipeline` prints for people. */
export function renderPipeline({ machine, clip, rounds, rows, bound, withoutNetworkRatio }: PipelineResult): string {
  const table = rows.map((row) => [
    row.title,
    fixed(row.framesPerSecond, 1),
    fixed(row.steadyFramesPerSecond, 1),
    fixed(row.wallSeconds.median),
    fixed(row.wallSeconds.least),
    fixed(row.cpuMsPerFrame, 1),
    megabytes(row.peakBytes),
    megabytes(row.peakProportionalBytes),
    row.firstFrameMs === undefined ? '-' : String(Math.round(row.firstFrameMs)),
    row.outputBytes === undefined ? '-' : (row.outputBytes / 1e3).toFixed(0),
  ]);
  const head = [
    '',
    'frames/s',
    'steady',
    's',
    'least s',
    'CPU ms/frame',
    'peak MB',
    'shared once',
    'first frame ms',
    'output kB',
  ];
  const description = rows.find(({ title }) => title === 'run')?.description;
  return [
    renderMachine(machine),
    `${clip}: ${rows[0]!.frames} frames, ${rounds} rounds in turns, medians${description ? `; ${description}` : ''}`,
    '',
    textTable([head, ...table]),
    ...rows.flatMap(renderSteps),
    '',
    ...(bound === undefined
      ? []
      : [
          `Bound, (engine + ffmpeg processor time) / cores: ${fixed(bound.framesPerSecond, 1)} frames/s; run reaches ${fixed(bound.ratio)} of it with start and end, ${fixed(bound.steadyRatio)} between its first frame and its last, ${fixed(bound.besideRatio)} there of what the two make beside one another`,
        ]),
    `Without a network, run reaches ${fixed(withoutNetworkRatio)} of plain ffmpeg`,
  ].join('\n');
}

function renderSteps({ title, steps }: PipelineRow): readonly string[] {
  if (steps === undefined) return [];
  const rows = Object.entries(steps).map(([step, { p50, p95, p99 }]) => [step, ms(p50), ms(p95), ms(p99)]);
  return ['', textTable([[`${title}, ms`, 'p50', 'p95', 'p99'], ...rows])];
}

/** What `benchmark pipeline --memory` prints for people. */
export function renderMemory({ machine, rows, ratio }: MemoryResult): string {
  const table = rows.map(({ seconds, frames, peakBytes, peakProportionalBytes, peakByProgram }) => [
    String(seconds),
    String(frames),
    megabytes(peakBytes),
    megabytes(peakProportionalBytes),
    Object.entries(peakByProgram)
      .map(([program, bytes]) => `${program} ${megabytes(bytes)}`)
      .join(', '),
  ]);
  return [
    renderMachine(machine),
    'Peak resident memory of run and its ffmpegs together, 1920x1080',
    '',
    textTable([['s', 'frames', 'peak MB', 'shared once', 'largest of each, MB'], ...table]),
    '',
    `The long clip takes ${fixed(ratio, 3)} of the memory of the short one`,
  ].join('\n');
}

/** What `benchmark serve` prints for people. */
export function renderServe({ machine, clip, rounds, rows }: ServeBenchmark): string {
  const table = rows.map(({ title, framesPerSecond, cpuMsPerFrame, engineCpuMsPerFrame, outsideEngine }) => [
    title,
    fixed(framesPerSecond, 1),
    fixed(cpuMsPerFrame, 2),
    fixed(engineCpuMsPerFrame, 2),
    `${(100 * outsideEngine).toFixed(1)} %`,
  ]);
  return [
    renderMachine(machine),
    `${clip}: ${rounds} rounds in turns, medians; processor time of server and ffmpeg`,
    '',
    textTable([['', 'frames/s', 'CPU ms/frame', 'engine', 'not the engine'], ...table]),
  ].join('\n');
}

/** What `benchmark table6` prints for people: published figures in brackets. */
export function renderTable6({ machine, size, threads, rows }: Table6): string {
  const beside = (ours: string, theirs: number | undefined) => (theirs === undefined ? ours : `${ours} (${theirs})`);
  const table = rows.map(({ network, float32, int8, training, modelBytes, published }) => {
    const learnt = training === undefined || 'refused' in training ? undefined : training;
    const inferred = 'refused' in float32 ? undefined : float32;
    return [
      network,
      beside(ms(inferred?.frameMs.median), published?.forwardMs),
      'refused' in int8 ? '-' : ms(int8.frameMs.median),
      ms(learnt?.forwardMs),
      beside(ms(learnt?.backwardMs), published?.backwardMs),
      beside(megabytes(learnt?.peakBytes), published?.trainingMegabytes),
      beside(megabytes(inferred?.peakBytes), published?.inferenceMegabytes),
      beside(megabytes(modelBytes), published?.modelMegabytes),
    ];
  });
  const head = [
    'network',
    'forward ms',
    'int8 ms',
    'training forward ms',
    'backward ms',
    'training MB',
    'inference MB',
    'model MB',
  ];
  const notes = rows.flatMap((row) => refusals(row));
  return [
    renderMachine(machine),
    `${size.width}x${size.height}, ${threads} threads; in brackets the paper's Table 6, on a GPU of 2015. Memory is that of the whole process.`,
    '',
    textTable([head, ...table]),
    ...(notes.length > 0 ? ['', 'Not measured:', ...notes] : []),
  ].join('\n');
}

function refusals({ network, float32, int8, training }: Table6Result): readonly string[] {
  const say = (what: string, outcome: object | undefined) =>
    outcome !== undefined && 'refused' in outcome ? [`${network}, ${what}: ${(outcome as Refused).refused}`] : [];
  return [...say('float32', float32), ...say('int8', int8), ...say('training', training)];
}

/** What `benchmark scaling` prints for people. */
export function renderScaling({ machine, network, precision, curves }: ScalingResult): string {
  const tables = curves.flatMap((curve) => {
    if ('refused' in curve) return ['', `${curve.axis}: ${curve.refused}`];
    const rows = curve.points.map(({ x, ms: elapsed, cpuMs }) => [String(x), ms(elapsed), fixed(cpuMs, 1)]);
    const heading = curve.axis === 'size' ? 'thousand pixels' : curve.axis;
    return ['', textTable([[heading, 'ms a frame', 'CPU ms a frame'], ...rows])];
  });
  return [renderMachine(machine), `${network}, ${precision}`, ...tables].join('\n');
}

/** What `benchmark frontier` prints for people. */
export function renderFrontier({ machine, images, rows }: FrontierResult): string {
  const table = rows.map((row) => [
    row.network,
    row.weights,
    `${row.size.width}x${row.size.height}`,
    row.precision,
    fixed(row.mIoU, 1),
    fixed(row.BF, 1),
    ms(row.frameMs),
    ms(row.cpuMs),
    fixed(row.multiplyAdds / 1e9, 1),
    row.isOnFrontier ? 'yes' : '',
  ]);
  const head = ['network', 'weights', 'size', 'precision', 'mIoU', 'BF', 'ms', 'CPU ms', 'G mult-adds', 'frontier'];
  return [renderMachine(machine), `Scored on ${images}; frames in turns`, '', textTable([head, ...table])].join('\n');
}

/** What `benchmark training` prints for people. */
export function renderTraining({ machine, size, batch, threads, rows }: TrainingResult): string {
  const timed = rows.flatMap((row) => ('refused' in row ? [] : [row]));
  const table = timed.map((row) => {
    const last = timed.findLast(({ network }) => network === row.network)!;
    return [
      row.network,
      row.trainer,
      ms(row.stepMs),
      ms(row.frameMs.p95 * batch),
      fixed(row.stepMs / last.stepMs),
      ms(row.cpuMsPerFrame * batch),
      megabytes(row.peakBytes),
      fixed(row.loss, 3),
    ];
  });
  const head = ['network', 'trainer', 'ms a step', 'p95', 'of last', 'CPU ms', 'MB', 'first loss'];
  const refused = rows.flatMap((row) => ('refused' in row ? [`${row.network}, ${row.trainer}: ${row.refused}`] : []));
  return [
    renderMachine(machine),
    `${batch} crops of ${size.width}x${size.height}, ${threads} threads; steps in turns`,
    '',
    textTable([head, ...table]),
    ...(refused.length > 0 ? ['', 'Not timed:', ...refused] : []),
    ...(rows.some(({ trainer }) => trainer !== 'segnet-stream') ? [] : ['', `No PyTorch: ${peersAdvice}`]),
  ].join('\n');
}
