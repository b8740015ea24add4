import { frameNow } from './frame.js';
import { createNutReader, type NutStream } from './nut-reader.js';

/** One picture as it came through a pipe. */
export interface PipedPicture {
  readonly ptsUs: number;
  /** When its last byte arrived: {@link frameNow}, ms. */
  readonly arrivedAt: number;
  /** Its own memory, from `takePictureBytes`. */
  readonly data: Uint8Array;
}

/** Reads what ffmpeg writes into a pipe: one stream of raw pictures, as NUT. */
export interface PicturePipe {
  /** Takes bytes, and returns whether more are wanted now. If not, `resume` is called later. */
  push(bytes: Uint8Array): boolean;
  /** Absent until the first picture. */
  readonly format: NutStream | undefined;
}

/**
 * Makes a picture pipe. After each chunk it asks for more through `whenWanted`; what it does not ask for stays in the
 * pipe, so that ffmpeg waits. `resume` is called if more is wanted only later.
 *
 * `push` throws for bytes that are not NUT, and whatever `onPicture` throws.
 */
export function createPicturePipe(
  onPicture: (picture: PipedPicture) => void,
  whenWanted: (more: () => void) => void,
  resume: () => void,
): PicturePipe {
  let format: NutStream | undefined;
  const reader = createNutReader({
    onStreams: (streams) => {
      format = streams[0];
    },
    onFrame: (_, ptsUs, data) => onPicture({ ptsUs, arrivedAt: frameNow(), data }),
  });
  return {
    push(bytes) {
      reader.push(bytes);
      let returned = false;
      let wanted = false;
      whenWanted(() => {
        wanted = true;
        if (returned) resume();
      });
      returned = true;
      return wanted;
    },
    get format() {
      return format;
    },
  };
}
