import { Writable } from 'node:stream';
import { createNutReader, type NutStream } from './nut-reader.js';

/** One picture as it came through a pipe. */
export interface PipedPicture {
  readonly ptsUs: number;
  /** When its last byte came: `performance.timeOrigin + performance.now()`, ms. */
  readonly arrivedAt: number;
  /** In a buffer of its own. */
  readonly data: Uint8Array;
}

/** The end of a pipe into which ffmpeg writes one stream of raw pictures as NUT. */
export interface PicturePipe {
  readonly stream: Writable;
  /** Absent until the first picture. */
  readonly format: NutStream | undefined;
  /** Resolves when all was read; rejects for what is no NUT and for what `onPicture` throws. */
  readonly finished: Promise<void>;
}

/**
 * Makes one. After each chunk it asks for more through `whenWanted`, and whatever is not asked for stays in the pipe, so
 * that ffmpeg waits.
 */
export function createPicturePipe(
  onPicture: (picture: PipedPicture) => void,
  whenWanted: (more: () => void) => void,
): PicturePipe {
  let format: NutStream | undefined;
  const reader = createNutReader({
    onStreams: (streams) => {
      format = streams[0];
    },
    onFrame: (_, ptsUs, data) => onPicture({ ptsUs, arrivedAt: performance.timeOrigin + performance.now(), data }),
  });
  const stream = new Writable({
    // Large enough that a pipe is not paused and resumed around every chunk of 64 KiB.
    highWaterMark: 1 << 20,
    // fluent-ffmpeg takes a close for an early end and sends SIGTERM.
    emitClose: false,
    write(chunk: Buffer, _, done) {
      try {
        reader.push(chunk);
      } catch (error) {
        return done(error as Error);
      }
      whenWanted(done);
    },
  });
  const finished = new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
  });
  // Looked at late, or never if the process fails first.
  finished.catch(() => {});
  return {
    stream,
    get format() {
      return format;
    },
    finished,
  };
}
