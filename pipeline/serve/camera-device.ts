import { optionInvalid } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import type { LiveSource } from './live-source.js';
import type { SourceOptions } from './source-input.js';

/** The platforms of ffmpeg's camera formats, and an example of a camera's name there. */
const DEVICE_SYSTEMS: Readonly<Record<string, { readonly platforms: readonly string[]; readonly example: string }>> = {
  v4l2: { platforms: ['linux', 'android', 'freebsd'], example: '/dev/video0' },
  avfoundation: { platforms: ['darwin'], example: 'avfoundation:0' },
  dshow: { platforms: ['win32'], example: 'dshow:video=NAME' },
};

/**
 * Checks that a camera is one of this system.
 *
 * @throws `Failure` `OPTION_INVALID`.
 */
export function checkSystem(input: string, platform: NodeJS.Platform): void {
  const format = deviceFormat(input);
  if (DEVICE_SYSTEMS[format]!.platforms.includes(platform)) return;
  const own = Object.values(DEVICE_SYSTEMS).find(({ platforms }) => platforms.includes(platform));
  const hint = own ? `on this one a camera is ${own.example}` : 'there are no cameras on this one';
  throw new Failure('OPTION_INVALID', `The source ${input} is a camera of another system (${format}): ${hint}`);
}

/**
 * Checks that the requested format is possible for the cameras among the sources.
 *
 * @throws `Failure` `OPTION_INVALID` for a codec on macOS, where ffmpeg gets only raw pictures from cameras.
 */
export function checkCameraFormat(sources: readonly LiveSource[], format: string | undefined, option: string): void {
  const isMac = sources.some(({ kind, input }) => kind === 'device' && deviceFormat(input) === 'avfoundation');
  if (format === undefined || !isMac || !isCodec(format)) return;
  throw optionInvalid(
    option,
    'a pixel format for a camera of macOS, which unpacks its pictures itself: nv12, uyvy422',
    format,
  );
}

/** True for the codecs of USB cameras, by ffmpeg's names, which are not pixel formats. */
function isCodec(format: string): boolean {
  return ['mjpeg', 'h264', 'hevc'].includes(format);
}

/** The option by which each of ffmpeg's camera formats selects the camera's format. */
function cameraFormatOption(format: string, cameraFormat: string): string {
  if (format === 'v4l2') return '-input_format';
  return format === 'dshow' && isCodec(cameraFormat) ? '-vcodec' : '-pixel_format';
}

/** The options before `-i` with which ffmpeg opens a camera of a format. */
export function deviceOptions(
  format: string,
  { cameraFormat, cameraSize, cameraFps }: SourceOptions,
): readonly string[] {
  // Otherwise ffmpeg asks macOS for 29.97, which most cameras refuse.
  const rate = cameraFps ?? (format === 'avfoundation' ? 30 : undefined);
  return [
    ...['-f', format],
    ...(cameraFormat === undefined ? [] : [cameraFormatOption(format, cameraFormat), cameraFormat]),
    ...(rate === undefined ? [] : ['-framerate', String(rate)]),
    ...(cameraSize === undefined ? [] : ['-video_size', cameraSize]),
    // Room for some raw pictures; the default is too small for one of 1080p.
    ...(format === 'dshow' ? ['-rtbufsize', '64M'] : []),
    // Keeps decoder threads from delaying pictures if the camera gives H.264.
    ...['-fflags', 'nobuffer', '-flags', 'low_delay'],
  ];
}

/** ffmpeg's format for a camera: the scheme of its input, or v4l2 for `/dev/video0`. */
export function deviceFormat(input: string): string {
  return /^(v4l2|avfoundation|dshow):/i.exec(input)?.[1]?.toLowerCase() ?? 'v4l2';
}
