import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { deviceFormat, deviceOptions } from './camera-device.js';
import { isHls, type LiveSource } from './live-source.js';
import type { CheckedServeOptions } from './serve-options.js';

/** How sources are read; the same for all sources of a server. */
export type SourceOptions = Pick<
  CheckedServeOptions,
  'transport' | 'decode' | 'loop' | 'cameraFormat' | 'cameraSize' | 'cameraFps' | 'openTimeout' | 'stallTimeout'
>;

/** The input that ffmpeg gets for a source, as USB cameras have other names there. */
export function ffmpegInput(source: LiveSource): string {
  return source.kind === 'device' ? source.input.replace(/^(?:v4l2|avfoundation|dshow):(?:\/\/)?/i, '') : source.input;
}

/** The options before `-i` with which ffmpeg opens a source at once, does not buffer, and gives up on a dead network. */
export function ffmpegOptions(source: LiveSource, tool: FfmpegTool, options: SourceOptions): string[] {
  const { transport, decode, loop } = options;
  // In ffmpeg 4, RTSP's -timeout means how long to listen.
  const rtspTimeout = isAtLeast(tool, [59, 0]) ? '-timeout' : '-stimeout';
  // With frame threading each thread delays one frame, which is 6 times the latency with 16 threads.
  const live = [
    ...['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '500000', '-analyzeduration', '500000'],
    // Otherwise ffmpeg waits for some twenty pictures to guess their rate: at one a second, longer than `openTimeout`.
    ...['-fpsprobesize', '0'],
  ];
  const byKind: Record<LiveSource['kind'], readonly string[]> = {
    rtsp: ['-rtsp_transport', transport, rtspTimeout, networkTimeout(options), ...live],
    http: ['-rw_timeout', networkTimeout(options), ...(isHls(source) ? ['-live_start_index', '-2'] : live)],
    rtmp: ['-rw_timeout', networkTimeout(options), ...live],
    network: live,
    device: deviceOptions(deviceFormat(source.input), options),
    file: loop ? ['-stream_loop', '-1'] : [],
  };
  return [...byKind[source.kind], ...(decode === 'keyframes' ? ['-skip_frame', 'nokey'] : [])];
}

/**
 * How long ffmpeg itself waits for a network, microseconds: a little less than the watchdog of `supervise`, which covers what this
 * misses but cannot say as much.
 */
function networkTimeout({ openTimeout, stallTimeout = 0 }: SourceOptions): string {
  return String(Math.max(5, Math.max(openTimeout, stallTimeout) - 0.5) * 1e6);
}
