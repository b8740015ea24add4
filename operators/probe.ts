import { Failure } from '../model/failure.js';
import { checkInput } from './check-input.js';
import { explainNoFrames } from './explain-input.js';
import { startFfmpeg } from './ffmpeg.js';
import { ffmpegName, patternOptions } from './ffmpeg-name.js';
import { findFfmpeg } from './find-ffmpeg.js';
import { createInfoParser, type SourceInfo } from './source-info.js';

/**
 * Opens a video, image sequence or URL and describes it, without decoding it. `decode` gives the same through `onInfo`,
 * from the process that decodes.
 *
 * @param signal Aborts it: a silent server would be waited for.
 * @param track Which of several video tracks is described, counted from 1.
 * @throws `Failure` with the codes of `decode`, `OPTION_INVALID` for standard input, which could not be read again.
 */
export async function probe(
  input: string,
  inputOptions: readonly string[] = [],
  signal?: AbortSignal,
  track = 1,
): Promise<SourceInfo> {
  if (input === '-') throw new Failure('OPTION_INVALID', 'Standard input can be decoded but not probed');
  await checkInput(input, inputOptions);
  const parser = createInfoParser(track);
  const ffmpeg = await startFfmpeg(await findFfmpeg(), {
    inputs: [{ source: ffmpegName(input), options: [...patternOptions(input), ...inputOptions] }],
    outputs: [{ target: '-', options: ['-map', `0:V:${track - 1}`, '-c', 'copy', '-t', '0', '-f', 'null'] }],
    log: 'info',
    killOnExit: true,
    onLine: (line) => parser.read(line),
  });
  const abandon = () => ffmpeg.abandon();
  signal?.addEventListener('abort', abandon, { once: true });
  if (signal?.aborted) abandon();
  const end = await ffmpeg.ended;
  signal?.removeEventListener('abort', abandon);
  const info = parser.source();
  if (info) return info;
  throw await explainNoFrames(input, end, parser);
}
