import { checkNumber, optionInvalid } from '../../model/check-option.js';
import type { Size } from '../../model/size.js';
import { checkEncoder } from '../../operators/choose-encoder.js';
import type { Region } from '../../operators/exclude.js';
import { checkEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { asIs } from '../options/flag.js';
import {
  type CheckedListenOptions,
  checkListenOptions,
  LISTEN_OPTIONS,
  type ListenOptions,
} from '../options/listen-options.js';
import { type Completed, checkByRules, complete, pickByRules } from '../options/option-rule.js';
import type { Palette } from '../options/palettes.js';
import { parseRegions } from '../options/regions.js';
import { parseSize } from '../options/size.js';
import { parseTime } from '../options/time.js';
import type { Visualisation } from './name-outputs.js';
import type { RunEvent } from './run-event.js';
import { type OwnRunOption, RUN_DEFAULTS, RUN_RULES } from './run-rules.js';
import { parseShard, type Shard } from './shard.js';

/** The options of `run` and `plan`, as in `segnet-stream run --help`. */
export interface RunOptions extends EngineOptions, ListenOptions {
  /** Files, folders, globs, sequences (`%04d.png`), or `-` for standard input. */
  readonly inputs: string | readonly string[];
  /** A file for one input, a folder for several. Defaults to the working folder. */
  readonly output?: string | undefined;
  /** Searches subfolders too. @default false */
  readonly recursive?: boolean | undefined;
  /** What the encoded picture shows; `none` encodes nothing. @default 'overlay' */
  readonly visualize?: Visualisation | undefined;
  /** A folder for indexed PNGs of the classes, one per frame. By default none are written. */
  readonly masks?: string | undefined;
  /** A lossless video of the classes (`.mkv`), or a folder for several. By default none is written. */
  readonly maskVideo?: string | undefined;
  /** A file of JSON lines, one per frame, or a folder for several. By default none is written. */
  readonly frames?: string | undefined;
  /** Weight of the class colours, 0 to 1. @default 0.5 */
  readonly opacity?: number | undefined;
  /** The opacity from 0 to 255, as in jetson-inference; excludes `opacity`. */
  readonly alpha?: number | undefined;
  /** Names of classes that are left uncoloured. @default [] */
  readonly ignoreClass?: readonly string[] | undefined;
  /** Regions that have no class, as for the operator `exclude`; as text, `0,0.9 1,0.9 1,1 0,1; ...`. By default there are none. */
  readonly exclude?: string | readonly Region[] | undefined;
  /** `weights`, `camvid`, `cityscapes`, `colour-blind`, a JSON file, or colours by class name. @default 'weights' */
  readonly palette?: string | Palette | undefined;
  /** Draws the names and colours of the classes. @default false */
  readonly legend?: boolean | undefined;
  /** Smooths masks over time, against flicker. The strength is a number from 0 to 1; true is 0.5. @default false */
  readonly smooth?: boolean | number | undefined;
  /** Every Nth frame is segmented; the frames after it use its mask. @default 1 */
  readonly stride?: number | undefined;
  /** Seconds from the beginning, or `hh:mm:ss`. @default 0 */
  readonly start?: number | string | undefined;
  /** Seconds, or `hh:mm:ss`. By default the input is processed to its end. */
  readonly duration?: number | string | undefined;
  /** Which of several video tracks is segmented, counted from 1. @default 1 */
  readonly track?: number | undefined;
  /** Frames in one batch of the engine. @default 1 */
  readonly batch?: number | undefined;
  /** The picture size for the network, also as a string, `480x360`. By default frames are fitted inside the weights' size, aspect kept. */
  readonly size?: Size | string | undefined;
  /** An ffmpeg encoder. Defaults to the first H.264 encoder that works. */
  readonly encoder?: string | undefined;
  /** Constant rate factor, 0 (best) to 51. @default 20 */
  readonly crf?: number | undefined;
  /** Hardware decoding, `auto` or an ffmpeg name. By default ffmpeg decodes in software. */
  readonly hwaccel?: string | undefined;
  /** Makes finished outputs again and replaces files that segnet-stream did not write. @default false */
  readonly overwrite?: boolean | undefined;
  /** Processes one shard of the inputs. By default it processes all. */
  readonly shard?: Shard | string | undefined;
  /**
   * Shows every file to viewers while it is processed, by a server like that of `serve`. The input of an output that is up to
   * date is played without writing. The listen options apply.
   *
   * @default false
   */
  readonly broadcast?: boolean | undefined;
  /**
   * With `broadcast`: plays each file at its own rate. If false, files play as fast as they are processed, and slower viewers
   * skip frames. Every frame is processed either way.
   *
   * @default true
   */
  readonly realtime?: boolean | undefined;
  /** On abort the current file is finished, so that it plays, and no other is started. */
  readonly signal?: AbortSignal | undefined;
  /** On abort everything stops at once and unfinished outputs are removed. */
  readonly abandon?: AbortSignal | undefined;
  /** Called with the engine, the begin and end of files, frames, and notes. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** `RunOptions`, checked and with defaults; an option without a default may be absent. */
export interface CheckedRunOptions
  extends Omit<Completed<Pick<RunOptions, OwnRunOption>, keyof typeof RUN_DEFAULTS>, 'alpha' | keyof Parsed>,
    Parsed {
  readonly inputs: readonly string[];
  readonly engine: EngineOptions;
  readonly nameOf: (option: string) => string;
}

/** Options that have been parsed, or that combine several others. */
interface Parsed {
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly duration?: number;
  readonly size?: Size;
  readonly exclude?: readonly Region[];
  readonly shard?: Shard;
  /** How to listen for viewers; absent without `broadcast`. */
  readonly broadcast?: CheckedListenOptions;
}

/**
 * Checks the options of `run` before anything is opened.
 *
 * @param nameOf Returns an option's name for messages: itself in a program, `--ignore-class` on the command line.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkRunOptions(options: RunOptions, nameOf: (option: string) => string = asIs): CheckedRunOptions {
  const { smooth } = options;
  // A program may pass a number, which the command line does not accept.
  if (typeof smooth === 'number') checkNumber(nameOf('smooth'), smooth, { min: 0, max: 1 });
  checkByRules({ ...options, smooth: typeof smooth === 'number' ? undefined : smooth }, RUN_RULES, nameOf);
  const inputs = typeof options.inputs === 'string' ? [options.inputs] : [...options.inputs];
  if (inputs.length === 0) throw optionInvalid(nameOf('inputs'), 'one or more files, folders or globs', inputs);
  if (options.opacity !== undefined && options.alpha !== undefined) {
    throw optionInvalid(nameOf('alpha'), `left out where ${nameOf('opacity')} is given`, options.alpha);
  }
  const own = complete(pickByRules(options, RUN_RULES), RUN_DEFAULTS);
  const { alpha, start, broadcast: isBroadcast, duration, size, exclude, shard, ...asGiven } = own;
  const checked: CheckedRunOptions = {
    ...asGiven,
    ...(alpha !== undefined && { opacity: alpha / 255 }),
    inputs,
    start: parseTime(nameOf('start'), start),
    ...(isBroadcast && { broadcast: checkListenOptions(options, nameOf) }),
    engine: checkEngineOptions(options, nameOf),
    ...(duration !== undefined && { duration: positive(nameOf('duration'), parseTime(nameOf('duration'), duration)) }),
    ...(size !== undefined && { size: parseSize(nameOf('size'), size) }),
    ...(exclude !== undefined && { exclude: parseRegions(nameOf('exclude'), exclude) }),
    ...(shard !== undefined && { shard: parseShard(nameOf('shard'), shard) }),
    nameOf,
  };
  if (checked.encoder !== undefined) checkEncoder(checked.encoder, nameOf('encoder'));
  const { masks, maskVideo, frames, broadcast } = checked;
  if (broadcast === undefined) {
    const useless = (['realtime', ...LISTEN_OPTIONS] as const).find((option) => options[option] !== undefined);
    if (useless !== undefined) {
      const value = useless === 'token' ? '***' : options[useless];
      const name = options[useless] === false ? nameOf(useless).replace('--', '--no-') : nameOf(useless);
      throw optionInvalid(name, `left out where ${nameOf('broadcast')} is not given`, value);
    }
  }
  if (checked.visualize === 'none' && !masks && !maskVideo && !frames && !broadcast) {
    const others = ['masks', 'maskVideo', 'frames', 'broadcast'].map(nameOf).join(', ');
    throw optionInvalid(nameOf('visualize'), `something to write where none of ${others} is given`, 'none');
  }
  return checked;
}

function positive(name: string, seconds: number): number {
  if (seconds === 0) throw optionInvalid(name, 'longer than nothing', seconds);
  return seconds;
}
