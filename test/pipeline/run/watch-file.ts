import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../../operators/find-ffmpeg.js';

const runFile = promisify(execFile);

/** Decodes a whole file as a player would and counts its frames and sound packets; `complaints` is what ffmpeg says to it. */
export async function watchFile(
  path: string,
): Promise<{ readonly frames: number; readonly sounds: number; readonly complaints: string }> {
  const { path: ffmpeg } = await findFfmpeg();
  const count = async (stream: string, codec: string) => {
    const args = ['-v', 'error', '-nostdin', '-i', path, '-map', stream, '-c', codec, '-f', 'framecrc', '-'];
    const { stdout, stderr } = await runFile(ffmpeg, args, { maxBuffer: 1 << 26 });
    return { packets: stdout.split('\n').filter((line) => /^\d/.test(line)).length, stderr };
  };
  const [video, sound] = [await count('0:v:0', 'rawvideo'), await count('0:a', 'copy').catch(() => undefined)];
  return { frames: video.packets, sounds: sound?.packets ?? 0, complaints: video.stderr };
}
