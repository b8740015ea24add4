import { frameNow } from './frame.js';
import { createNutReader, type NutStream } from './nut-reader.js';

/** One picture as it came through a pipe. */
export interface PipedPicture {
  readonly ptsUs: number;
  /** When its last byte came: {@link frameNow}, ms. */
  readonly arrivedAt: number;
  /** In memory of its own, of `takePictureBytes`. */
  readonly data: Uint8Array;
}

/** Where the bytes go that ffmpeg writes into a pipe: one stream of raw pictures as NUT. */
export interface PicturePipe {
  /** Takes bytes, and says whether more are wanted now; if not, what was given to `whenWanted` is called later. */
  push(bytes: Uint8Array): boolean;
  /** Absent until the first picture. */
  readonly format: NutStream | undefined;
}

/**
 * Makes one. After each piece it asks for more through `whenWanted`, and whatever is not asked for stays in the pipe, so
 * that ffmpeg waits; `resume` is called where more is wanted only later.
 *
 * `push` throws for what is no NUT and what `onPicture` throws.
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
