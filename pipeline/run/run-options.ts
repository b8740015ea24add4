import { checkNumber, optionInvalid } from '../../model/check-option.js';
import { checkEncoder } from '../../operators/choose-encoder.js';
import { checkEngineOptions, type EngineOptions } from '../options/engine-options.js';
import { asIs } from '../options/flag.js';
import {
  type CheckedListenOptions,
  checkListenOptions,
  LISTEN_OPTIONS,
  type ListenOptions,
} from '../options/listen-options.js';
import { checkByRules } from '../options/option-rule.js';
import type { Palette } from '../options/palettes.js';
import { parseSize, type Size } from '../options/size.js';
import { parseTime } from '../options/time.js';
import type { Visualisation } from './name-outputs.js';
import type { RunEvent } from './run-event.js';
import { RUN_RULES } from './run-rules.js';
import { parseShard, type Shard } from './shard.js';

/** What `run` and `plan` take; `segnet-stream run --help` says the same in the command line's words. */
export interface RunOptions extends EngineOptions, ListenOptions {
  /** Files, folders, globs, sequences (`%04d.png`), or `-` for standard input. */
  readonly inputs: string | readonly string[];
  /** A file for one input, a folder for several. If not provided, defaults to: the working folder. */
  readonly output?: string | undefined;
  /** Looks into the folders of folders. If not provided, defaults to: false. */
  readonly recursive?: boolean | undefined;
  /** What the encoded picture shows; `none` encodes nothing. If not provided, defaults to: `overlay`. */
  readonly visualize?: Visualisation | undefined;
  /** A folder for indexed PNGs of the classes, one a frame. If not provided, defaults to: none are written. */
  readonly masks?: string | undefined;
  /** A lossless video of the classes (`.mkv`), or a folder for several. If not provided, defaults to: none is written. */
  readonly maskVideo?: string | undefined;
  /** A file of JSON lines, one a frame, or a folder for several. If not provided, defaults to: none is written. */
  readonly frames?: string | undefined;
  /** Weight of the class colours, 0 to 1. If not provided, defaults to: 0.5. */
  readonly opacity?: number | undefined;
  /** The same from 0 to 255, as jetson-inference counts it; not together with `opacity`. */
  readonly alpha?: number | undefined;
  /** Names of classes that are left uncoloured. If not provided, defaults to: none. */
  readonly ignoreClass?: readonly string[] | undefined;
  /** `weights`, `camvid`, `cityscapes`, `colour-blind`, a JSON file, or colours by class name. If not provided, defaults to: `weights`. */
  readonly palette?: string | Palette | undefined;
  /** Draws the names and colours of the classes. If not provided, defaults to: false. */
  readonly legend?: boolean | undefined;
  /** Smooths masks over time, against flicker; a number from 0 to 1 says how much, true is 0.5. If not provided, defaults to: false. */
  readonly smooth?: boolean | number | undefined;
  /** Every Nth frame is segmented, the others carry its mask. If not provided, defaults to: 1. */
  readonly stride?: number | undefined;
  /** Seconds from the beginning, or `hh:mm:ss`. If not provided, defaults to: 0. */
  readonly start?: number | string | undefined;
  /** Seconds, or `hh:mm:ss`. If not provided, defaults to: up to the end. */
  readonly duration?: number | string | undefined;
  /** Frames that the engine is given at once. If not provided, defaults to: 1. */
  readonly batch?: number | undefined;
  /** The network's picture size, or `480x360`. If not provided, defaults to: fitted inside the weights' size, aspect kept. */
  readonly size?: Size | string | undefined;
  /** An ffmpeg encoder. If not provided, defaults to: the first H.264 encoder that works. */
  readonly encoder?: string | undefined;
  /** Constant rate factor, 0 (best) to 51. If not provided, defaults to: 20. */
  readonly crf?: number | undefined;
  /** Hardware decoding, `auto` or an ffmpeg name. If not provided, defaults to: none. */
  readonly hwaccel?: string | undefined;
  /** Does finished outputs again and replaces files that are not ours. If not provided, defaults to: false. */
  readonly overwrite?: boolean | undefined;
  /** Takes one share of the inputs. If not provided, defaults to: all. */
  readonly shard?: Shard | string | undefined;
  /**
   * Shows every file to viewers while it is processed, by a server like that of `serve`; an output that is up to date is
   * played without being written again. The options about listening go with it. If not provided, defaults to: false.
   */
  readonly broadcast?: boolean | undefined;
  /**
   * With `broadcast`: each file is played at its own pace; otherwise as fast as it is processed, and viewers who are
   * slower skip frames. Every frame is processed either way. If not provided, defaults to: true.
   */
  readonly realtime?: boolean | undefined;
  /** On abort the file under way is finished, so that it plays, and no other is begun. */
  readonly signal?: AbortSignal | undefined;
  /** On abort everything stops at once and what is not finished is removed. */
  readonly abandon?: AbortSignal | undefined;
  /** Hears of the engine, of files that begin and end, of frames, and of anything worth a word. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** `RunOptions` with everything checked and filled in; what has no default and was not given is absent. */
export interface CheckedRunOptions {
  readonly inputs: readonly string[];
  readonly output?: string;
  readonly recursive: boolean;
  readonly visualize: Visualisation;
  readonly masks?: string;
  readonly maskVideo?: string;
  readonly frames?: string;
  readonly opacity: number;
  readonly ignoreClass: readonly string[];
  readonly palette: string | Palette;
  readonly legend: boolean;
  readonly smooth: boolean | number;
  readonly stride: number;
  readonly start: number;
  readonly duration?: number;
  readonly batch: number;
  readonly size?: Size;
  readonly encoder?: string;
  readonly crf?: number;
  readonly hwaccel?: string;
  readonly overwrite: boolean;
  readonly shard?: Shard;
  /** How to listen for viewers; absent where nobody is to watch. */
  readonly broadcast?: CheckedListenOptions;
  readonly realtime: boolean;
  readonly engine: EngineOptions;
  readonly nameOf: (option: string) => string;
}

/**
 * Checks the options of `run` before anything is opened.
 *
 * @param nameOf What an option is called in messages: itself in a program, `--ignore-class` on the command line.
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkRunOptions(options: RunOptions, nameOf: (option: string) => string = asIs): CheckedRunOptions {
  const { opacity, alpha, start = 0, duration, size, shard, smooth, realtime = true } = options;
  // Of a program it may be a number, which the command line does not take.
  if (typeof smooth === 'number') checkNumber(nameOf('smooth'), smooth, { min: 0, max: 1 });
  checkByRules({ ...options, smooth: typeof smooth === 'number' ? undefined : smooth }, RUN_RULES, nameOf);
  const inputs = typeof options.inputs === 'string' ? [options.inputs] : [...options.inputs];
  if (inputs.length === 0) throw optionInvalid(nameOf('inputs'), 'one or more files, folders or globs', inputs);
  if (opacity !== undefined && alpha !== undefined) {
    throw optionInvalid(nameOf('alpha'), `left out where ${nameOf('opacity')} is given`, alpha);
  }
  const checked: CheckedRunOptions = {
    inputs,
    recursive: options.recursive ?? false,
    visualize: options.visualize ?? 'overlay',
    opacity: alpha === undefined ? (opacity ?? 0.5) : alpha / 255,
    ignoreClass: options.ignoreClass ?? [],
    palette: options.palette ?? 'weights',
    legend: options.legend ?? false,
    smooth: smooth ?? false,
    stride: options.stride ?? 1,
    start: parseTime(nameOf('start'), start),
    batch: options.batch ?? 1,
    overwrite: options.overwrite ?? false,
    realtime,
    ...(options.broadcast && { broadcast: checkListenOptions(options, nameOf) }),
    engine: checkEngineOptions(options, nameOf),
    nameOf,
    ...given('output'),
    ...given('masks'),
    ...given('maskVideo'),
    ...given('frames'),
    ...given('encoder'),
    ...given('hwaccel'),
    ...given('crf'),
    ...(duration !== undefined && { duration: positive(nameOf('duration'), parseTime(nameOf('duration'), duration)) }),
    ...(size !== undefined && { size: parseSize(nameOf('size'), size) }),
    ...(shard !== undefined && { shard: parseShard(nameOf('shard'), shard) }),
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

  function given<Option extends keyof RunOptions>(option: Option) {
    const value = options[option];
    return (value === undefined ? {} : { [option]: value }) as {
      readonly [Key in Option]?: NonNullable<RunOptions[Key]>;
    };
  }
}

function positive(name: string, seconds: number): number {
  if (seconds === 0) throw optionInvalid(name, 'longer than nothing', seconds);
  return seconds;
}
