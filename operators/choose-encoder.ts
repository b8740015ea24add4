import { availableParallelism } from 'node:os';
import { Failure } from '../model/failure.js';
import { startFfmpeg } from './ffmpeg.js';
import type { FfmpegTool } from './find-ffmpeg.js';

/** Quality and speed in x264's terms; other encoders use the nearest that they have. */
export interface EncoderQuality {
  /** 0 (lossless) to 51. */
  readonly crf: number;
  /** `ultrafast` to `veryslow`. */
  readonly preset: string;
  readonly width: number;
  readonly height: number;
}

/** One of ffmpeg's video encoders. */
export interface Encoder {
  /** ffmpeg's name for it. */
  readonly name: string;
  readonly isHardware: boolean;
  /** Options before the first `-i`. */
  readonly globalOptions: readonly string[];
  /** Filters at the end of the chain. */
  readonly filter: string;
  /** The finest clock that it accepts, ticks per second. */
  readonly maxTicks: number;
  /** Returns the options after `-c:v NAME` for a quality and size. */
  options(quality: EncoderQuality): readonly string[];
}

function bitrate({ crf, width, height }: EncoderQuality): string[] {
  // 0.1 bit per pixel at 25 frames/s is fair quality; six steps of crf are a factor of two.
  return ['-b:v', String(Math.round(width * height * 25 * 0.1 * 2 ** ((23 - crf) / 6)))];
}

/**
 * Makes x264 hold fewer pictures on machines with few cores. Its lookahead thread, and having half as many threads
 * again as cores, hold 50 MB of 1920x1080 pictures there and save no time. A lookahead of five pictures in place of
 * `veryfast`'s ten saves another 33 MB, at the same quality for a size.
 */
function fewPicturesHeld(preset: string): readonly string[] {
  const cores = availableParallelism();
  if (cores > 4) return [];
  const lookahead = preset === 'veryfast' ? ':rc-lookahead=5' : '';
  return ['-threads', String(cores), '-x264-params', `sync-lookahead=0${lookahead}`];
}

/** The first render device of Linux, on which VA-API encodes. */
export const RENDER_DEVICE = '/dev/dri/renderD128';

const software = {
  isHardware: false,
  globalOptions: [],
  filter: 'format=yuv420p|yuvj420p',
  maxTicks: 1_000_000,
} as const;
const hardware = { ...software, isHardware: true } as const;

/** H.264 encoders and, as a last resort, mpeg4, in the order in which `auto` tries them. */
const encoders: readonly Encoder[] = [
  {
    ...software,
    name: 'libx264',
    options: ({ crf, preset }) => ['-preset', preset, '-crf', String(crf), ...fewPicturesHeld(preset)],
  },
  { ...hardware, name: 'h264_nvenc', options: ({ crf }) => ['-rc', 'vbr', '-cq', String(crf), '-b:v', '0'] },
  {
    ...hardware,
    name: 'h264_vaapi',
    globalOptions: ['-vaapi_device', RENDER_DEVICE],
    filter: 'format=nv12,hwupload',
    options: ({ crf }) => ['-qp', String(crf)],
  },
  { ...hardware, name: 'h264_videotoolbox', options: (quality) => bitrate(quality) },
  { ...software, name: 'libopenh264', options: (quality) => bitrate(quality) },
  {
    ...software,
    name: 'mpeg4',
    maxTicks: 65_535,
    options: ({ crf }) => ['-q:v', String(Math.max(1, Math.round(crf / 5)))],
  },
];

/** Encoders for containers that cannot hold H.264, and for masks, which must be lossless. */
const others: readonly Encoder[] = [
  {
    ...software,
    name: 'ffv1',
    filter: 'format=gray|yuv420p|yuvj420p',
    options: () => ['-level', '3', '-g', '1', '-slices', '4'],
  },
  {
    ...software,
    name: 'libvpx-vp9',
    options: ({ crf }) => [
      '-crf',
      String(crf + 10),
      '-b:v',
      '0',
      '-deadline',
      'realtime',
      '-cpu-used',
      '6',
      '-row-mt',
      '1',
    ],
  },
];

/** An encoder that works, with a warning if it is not the one asked for. */
export interface EncoderChoice {
  readonly encoder: Encoder;
  readonly warning?: string;
}

/** x264's presets, from the fastest. */
export const X264_PRESETS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
  'placebo',
] as const;

const tried = new Map<string, Promise<boolean>>();

/**
 * Finds an encoder that works by encoding two frames with it, because ffmpeg also lists encoders whose hardware is
 * absent. `preference` is `auto`, `hardware`, or a name: `libx264`, `nvenc`, `h264_nvenc`, `vaapi`, `videotoolbox`,
 * `libopenh264`, `mpeg4`, `ffv1`, `libvpx-vp9`. An encoder that does not work is replaced, with a warning.
 *
 * @throws `Failure` `OPTION_INVALID` for a name that is none of these, `ENCODER_UNAVAILABLE` if nothing works.
 */
export async function chooseEncoder(tool: FfmpegTool, preference = 'auto'): Promise<EncoderChoice> {
  const wanted = wantedEncoders(preference);
  for (const encoder of wanted) if (await works(tool, encoder)) return { encoder };
  const rest = others.some(({ name }) => name === preference)
    ? []
    : encoders.filter((encoder) => !wanted.includes(encoder));
  for (const encoder of rest) {
    if (encoder.isHardware || !(await works(tool, encoder))) continue;
    const asked = preference === 'auto' ? 'libx264 or a hardware encoder' : `the encoder ${preference}`;
    return {
      encoder,
      warning: `This ffmpeg (${tool.version}) cannot use ${asked} here: encoding with ${encoder.name}`,
    };
  }
  throw new Failure(
    'ENCODER_UNAVAILABLE',
    `This ffmpeg (${tool.path}, ${tool.version}) has no encoder that works for ${preference}`,
  );
}

/** Checks a preference for {@link chooseEncoder}. @throws `Failure` `OPTION_INVALID`. */
export function checkEncoder(preference: string, option: string): void {
  wantedEncoders(preference, option);
}

function wantedEncoders(preference: string, option = 'the encoder option'): readonly Encoder[] {
  if (preference === 'auto') return encoders.slice(0, 4);
  if (preference === 'hardware') return encoders.filter(({ isHardware }) => isHardware);
  const all = [...encoders, ...others];
  const named = all.filter(({ name }) => name === preference || name === `h264_${preference}`);
  if (named.length > 0) return named;
  const names = ['auto', 'hardware', ...all.map(({ name }) => name)].join(', ');
  throw new Failure('OPTION_INVALID', `Expected ${option} to be one of ${names}, got ${preference}`);
}

function works(tool: FfmpegTool, encoder: Encoder): Promise<boolean> {
  const key = `${tool.path} ${encoder.name}`;
  let trying = tried.get(key);
  if (!trying) {
    trying = tryOut(tool, encoder);
    tried.set(key, trying);
    // A failure may be temporary (too many processes): the encoder is tried again. Absent hardware stays absent.
    const forget = () => void tried.delete(key);
    trying.then((hasWorked) => hasWorked || encoder.isHardware || forget(), forget);
  }
  return trying;
}

async function tryOut(tool: FfmpegTool, encoder: Encoder): Promise<boolean> {
  const quality = { crf: 23, preset: 'ultrafast', width: 320, height: 240 };
  const ffmpeg = await startFfmpeg(tool, {
    inputs: [{ source: 'color=s=320x240:r=25', options: [...encoder.globalOptions, '-f', 'lavfi'] }],
    outputs: [
      {
        target: '-',
        options: [
          '-frames:v',
          '2',
          '-vf',
          encoder.filter,
          '-c:v',
          encoder.name,
          ...encoder.options(quality),
          '-f',
          'null',
        ],
      },
    ],
    killOnExit: true,
  });
  return (await ffmpeg.ended).code === 0;
}
