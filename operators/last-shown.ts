import { startFfmpeg } from './ffmpeg.js';
import { ffmpegName } from './ffmpeg-name.js';
import { type FfmpegTool, passthroughOption } from './find-ffmpeg.js';
import { openInlet } from './inlet.js';

/** Returns the time at which a file's last picture is shown, seconds; -1 if it is not found. */
export async function lastShownSeconds(tool: FfmpegTool, file: string): Promise<number> {
  let text = '';
  const take = (bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString('latin1');
    return true;
  };
  const inlet = await openInlet(take, () => {});
  try {
    const { ended } = await startFfmpeg(tool, {
      inputs: [{ source: ffmpegName(file), options: ['-copyts', '-sseof', '-2'] }],
      outputs: [{ target: 'pipe:1', options: ['-map', '0:v', ...passthroughOption(tool), '-f', 'framecrc'] }],
      inlets: [{ descriptor: 1, inlet }],
    });
    await Promise.all([ended, inlet.ended]);
  } finally {
    inlet.destroy();
  }
  const ticks = /^#tb 0: (\d+)\/(\d+)/m.exec(text);
  // Stream, decoding time, presentation time, length, bytes, checksum.
  const last = /^0, .*$/m.test(text) ? text.trim().split('\n').at(-1)!.split(/, */)[2] : undefined;
  return ticks && last !== undefined ? (Number(last) * Number(ticks[1])) / Number(ticks[2]) : -1;
}
