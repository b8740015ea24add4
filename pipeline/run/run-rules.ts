import { visualizations } from '../../operators/paint-picture.js';
import type { EngineOptions } from '../options/engine-options.js';
import { joinBySemicolons } from '../options/list.js';
import type { ListenOptions } from '../options/listen-options.js';
import type { OptionRules } from '../options/option-rule.js';
import type { Visualisation } from './name-outputs.js';
import type { RunOptions } from './run-options.js';

/** The name of an option of `run` itself. */
export type OwnRunOption = Exclude<
  keyof RunOptions,
  keyof EngineOptions | keyof ListenOptions | 'inputs' | 'signal' | 'abandon' | 'onEvent'
>;

/** The defaults, which the help states too. */
export const RUN_DEFAULTS = {
  recursive: false,
  visualize: 'overlay',
  opacity: 0.5,
  ignoreClass: [],
  palette: 'weights',
  legend: false,
  smooth: false,
  stride: 1,
  start: 0,
  track: 1,
  batch: 1,
  overwrite: false,
  realtime: true,
} as const satisfies Partial<RunOptions>;

const visualisations: readonly Visualisation[] = [...visualizations, 'none'];

/** The options of `run` itself, in the order of its help. */
export const RUN_RULES: OptionRules<OwnRunOption> = {
  output: {
    kind: 'text',
    letter: 'o',
    value: 'path',
    help: 'a file, or a folder for several inputs (default: NAME-overlay.mp4 in this folder; of a picture NAME-overlay.jpg, .webp or else .png)',
  },
  recursive: { kind: 'flag', help: 'look into the folders of folders too' },
  visualize: {
    kind: 'text',
    value: 'what',
    choices: visualisations,
    parse: bothInOneOrder,
    help: `overlay, mask, side-by-side (the picture and its mask), overlay,mask (beside each other) or none (default: ${RUN_DEFAULTS.visualize})`,
  },
  masks: {
    kind: 'text',
    value: 'folder',
    help: 'write indexed PNGs of the classes: NAME.png of a picture, one a frame of a video; of several videos each in a folder of its own there',
  },
  maskVideo: {
    kind: 'text',
    value: 'path',
    help: 'write a lossless video of the classes (.mkv), or a folder of them for several inputs',
  },
  frames: {
    kind: 'text',
    value: 'path',
    help: 'write JSON lines, one a frame: time, share of each class, time of each step (.jsonl), or a folder of them for several inputs',
  },
  opacity: {
    kind: 'number',
    value: '0-1',
    range: { min: 0, max: 1 },
    help: `weight of the class colours (default: ${RUN_DEFAULTS.opacity})`,
  },
  alpha: {
    kind: 'number',
    value: '0-255',
    range: { min: 0, max: 255 },
    help: 'the same as jetson-inference counts it',
  },
  ignoreClass: { kind: 'list', value: 'names', help: 'leave classes uncoloured; with commas or repeated' },
  exclude: {
    kind: 'parsed',
    value: 'region',
    parse: joinBySemicolons,
    help: 'a region without a class, such as the bonnet: "0,0.9 1,0.9 1,1 0,1", the corners x,y of a polygon from 0,0 (top left) to 1,1; with ; or repeated',
  },
  palette: {
    kind: 'parsed',
    value: 'name|file',
    help: `weights, camvid, cityscapes, colour-blind, or a JSON file (default: ${RUN_DEFAULTS.palette})`,
  },
  legend: { kind: 'flag', help: 'draw the names and colours of the classes' },
  smooth: { kind: 'flag', help: 'smooth masks over time, against flicker' },
  stride: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 1_000_000, integer: true },
    help: `segment every Nth frame; the others carry its mask (default: ${RUN_DEFAULTS.stride})`,
  },
  start: { kind: 'parsed', value: 'time', help: 'begin there: seconds or hh:mm:ss' },
  duration: { kind: 'parsed', value: 'time', help: 'take so much: seconds or hh:mm:ss' },
  track: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 99, integer: true },
    help: `which of several video tracks to take, such as that of a second camera (default: ${RUN_DEFAULTS.track})`,
  },
  size: {
    kind: 'parsed',
    value: 'WxH',
    help: "the network's picture size (default: fitted inside the size of the weights)",
  },
  batch: {
    kind: 'number',
    value: 'n',
    range: { min: 1, max: 256, integer: true },
    help: `frames that the engine is given at once (default: ${RUN_DEFAULTS.batch})`,
  },
  encoder: {
    kind: 'text',
    value: 'name',
    help: 'auto, hardware, libx264, nvenc, vaapi, videotoolbox, mpeg4, ... (default: auto, the first H.264 encoder that works)',
  },
  crf: {
    kind: 'number',
    value: '0-51',
    range: { min: 0, max: 51, integer: true },
    help: 'quality, lower is better (default: 20)',
  },
  hwaccel: { kind: 'text', value: 'name', help: 'decode in hardware: auto, cuda, vaapi, videotoolbox, ...' },
  overwrite: { kind: 'flag', help: 'do finished outputs again, and replace files that segnet-stream did not make' },
  shard: { kind: 'parsed', value: 'i/n', help: 'take the Ith of N shares of the inputs' },
  broadcast: {
    kind: 'flag',
    help: 'play the files to viewers while they are processed, on a page and by WebSocket as `serve` does',
  },
  realtime: {
    kind: 'flag',
    help: 'with --broadcast: play files at their own pace (default)',
    no: 'with --broadcast: process as fast as possible; slower viewers skip frames',
  },
};

/** Puts `mask,overlay` in order: jetson-inference accepts visualisations in any order. */
function bothInOneOrder(text: string): string {
  const parts = text.split(',').map((part) => part.trim());
  const both = parts.length === 2 && parts.includes('overlay') && parts.includes('mask');
  return both ? 'overlay,mask' : text;
}
