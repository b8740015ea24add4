import type { ColourTags } from './frame.js';
import type { OutputPicture, SourceInfo } from './source-info.js';

/**
 * Returns the colour tags of the 4:2:0 picture that ffmpeg made from a source. They are the source's own unless ffmpeg
 * had to convert: RGB becomes BT.601 in limited range (older versions print less about that than newer ones), and
 * ffmpeg 5 limits the range of full-range 10-bit video.
 */
export function coloursOf(source: SourceInfo | undefined, output: OutputPicture | undefined): ColourTags {
  const { range, matrix, primaries, transfer } = source?.colour ?? {};
  const isRgb = matrix === 'gbr' || /^(.*(rgb|bgr|gbr).*|pal8|gray.*|ya\d.*|mono.*)$/.test(source?.pixelFormat ?? '');
  const madeRange = output?.pixelFormat.startsWith('yuvj') ? 'pc' : output?.colour.range;
  const ownRange = madeRange ?? (isRgb ? 'tv' : range);
  const ownMatrix = output?.colour.matrix ?? (isRgb ? 'smpte170m' : matrix);
  return {
    ...(ownRange && { range: ownRange }),
    ...(ownMatrix && { matrix: ownMatrix }),
    ...(primaries && { primaries }),
    ...(transfer && { transfer }),
  };
}
