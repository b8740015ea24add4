import type { Size } from '../../../model/size.js';
import { chooseEncoder } from '../../../operators/choose-encoder.js';
import { decodeRun } from '../../../operators/decode-run.js';
import { findFfmpeg, passthroughOption } from '../../../operators/find-ffmpeg.js';
import { probe } from '../../../operators/probe.js';
import type { ProgramCall } from '../../module-command.js';

/** The order for plain ffmpeg. */
export interface PlainOrder {
  readonly clip: string;
  readonly output: string;
  /** The box that the network's picture is scaled into. */
  readonly fit: Size;
  readonly encoder?: string | undefined;
  readonly crf?: number | undefined;
}

/**
 * One ffmpeg that does everything that ffmpeg does in `run`, without a network or Node: decodes a clip, scales each frame for
 * the network with the same filters (discarding the result), encodes it with the same encoder and settings, and copies the
 * sound.
 *
 * @throws `Failure` as `findFfmpeg`, `probe` and `chooseEncoder`.
 */
export async function plainFfmpeg({ clip, output, fit, encoder: wanted, crf = 20 }: PlainOrder): Promise<ProgramCall> {
  const tool = await findFfmpeg();
  const [{ encoder }, { width, height }] = await Promise.all([chooseEncoder(tool, wanted), probe(clip)]);
  const { filter } = decodeRun(tool, { input: clip, fit, fitMode: 'contain' });
  const args = [
    ...['-hide_banner', '-nostdin', '-nostats', '-v', 'error', '-y', ...encoder.globalOptions],
    ...['-i', clip, '-filter_complex', `${filter};[picture]${encoder.filter}[out]`],
    ...['-map', '[out]', '-map', '0:a?', '-c:v', encoder.name],
    ...encoder.options({ crf, preset: 'veryfast', width, height }),
    ...[...passthroughOption(tool), '-c:a', 'copy', '-movflags', '+faststart', output],
    ...['-map', '[net]', ...passthroughOption(tool), '-c:v', 'rawvideo', '-f', 'null', '-'],
  ];
  return { file: tool.path, args };
}
