import { extname } from 'node:path';
import { chooseEncoder, type Encoder } from './choose-encoder.js';
import type { EncodeOptions } from './encode.js';
import type { Container } from './encode-run.js';
import { type FfmpegTool, findFfmpeg } from './find-ffmpeg.js';
import { checkOutput } from './output-failure.js';
import { probe } from './probe.js';
import type { SourceInfo } from './source-info.js';

/** Everything that is prepared before the first frame arrives. */
export interface Prepared {
  readonly tool: FfmpegTool;
  readonly encoder: Encoder;
  readonly original?: { readonly path: string; readonly info: SourceInfo };
}

/**
 * Checks that the output can be written, chooses an encoder, and probes the file whose sound is copied; warns of what
 * will not be as it was.
 *
 * @throws `Failure` of `checkOutput`, `findFfmpeg`, `chooseEncoder` and `probe`.
 */
export async function prepareEncoding(
  output: string,
  container: Container,
  options: EncodeOptions,
  abandoned: AbortSignal,
): Promise<Prepared> {
  await checkOutput(output, options.copyFrom);
  const tool = await findFfmpeg();
  // `encode` allows nothing else there.
  const preference = container.format === 'webm' ? 'libvpx-vp9' : (options.encoder ?? 'auto');
  const [{ encoder, warning }, info] = await Promise.all([
    chooseEncoder(tool, options.content === 'mask' ? 'ffv1' : preference),
    options.copyFrom === undefined ? undefined : probe(options.copyFrom, [], abandoned, options.track),
  ]);
  if (warning) options.onWarning?.(warning, 'ENCODER_REPLACED');
  const converted = info?.audioCodecs.filter((codec) => !container.audio.test(codec)) ?? [];
  if (converted.length > 0) {
    const text = `${extname(output)} files cannot hold ${converted.join(', ')} sound: it is converted to ${container.convertTo}`;
    options.onWarning?.(text, 'AUDIO_CONVERTED');
  }
  if (info !== undefined && info.otherStreams.length > 0) {
    const kinds = [...new Set(info.otherStreams)].join(' and ');
    const text = `Pictures and sound are kept, the ${kinds} of ${options.copyFrom} ${info.otherStreams.length === 1 ? 'is' : 'are'} left out`;
    options.onWarning?.(text, 'STREAMS_LEFT_OUT');
  }
  if (info?.isInterlaced) {
    const text = `${options.copyFrom} is interlaced: its lines stay as they are, but ${output} says that it is progressive, and players will not deinterlace it`;
    options.onWarning?.(text, 'INTERLACED');
  }
  return { tool, encoder, ...(info && { original: { path: options.copyFrom!, info } }) };
}
