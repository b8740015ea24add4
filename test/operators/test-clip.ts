import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClipKind, makeClip } from '../../fixtures/clips.js';
import { findFfmpeg } from '../../operators/find-ffmpeg.js';

/** Makes a test clip, with whatever ffmpeg the project itself would take, and gives its path. */
export async function testClip(kind: ClipKind): Promise<string> {
  const { path } = await findFfmpeg();
  return makeClip(kind, join(tmpdir(), 'segnet-stream-clips'), { ffmpeg: path });
}
