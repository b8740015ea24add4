import { createProgress } from '../progress.js';
import { shorten } from '../wording.js';
import type { RunEvent } from './run-event.js';
import { describeFile, isMany } from './summary.js';

/** Reports the progress of a run to people. */
export interface Reporter {
  /** The `onEvent` callback of `run`. */
  readonly onEvent: (event: RunEvent) => void;
  /** Reports that a stop was requested, after which the remaining time is unknown. */
  readonly stopping: () => void;
  /** Removes the progress bar from the terminal. */
  readonly close: () => void;
}

/** Creates a reporter that shows the progress of each file. */
export function createReporter(stream: NodeJS.WriteStream): Reporter {
  const { show, say, close } = createProgress(stream);
  // Several pictures may be in progress at a time.
  const titles = new Map<string, string>();
  let isStopping = false;
  let fileCount = 0;

  const handlers: { readonly [Kind in RunEvent['kind']]: (event: Extract<RunEvent, { kind: Kind }>) => void } = {
    note: ({ message }) => say(message),
    listening: ({ url }) => say(`Watch at ${url}`),
    begin: ({ input, number, count }) => {
      fileCount = count;
      titles.set(input, count > 1 ? `[${number}/${count}] ${shorten(input)}` : shorten(input));
    },
    frame: ({ input, frames, expectedFrames }) =>
      show(titles.get(input) ?? input, 'frames', frames, isStopping ? undefined : expectedFrames),
    end({ file }) {
      titles.delete(file.input);
      // For a folder that was stopped or is already done, these lines would fill the screen; the last line counts them.
      const isCounted =
        file.outcome === 'stopped' ? file.frames === 0 : file.outcome === 'skipped' && isMany(fileCount);
      if (!isCounted) say(describeFile(file));
    },
  };
  return {
    onEvent: (event) => (handlers[event.kind] as (event: RunEvent) => void)(event),
    stopping() {
      isStopping = true;
      say('Stopping: finishing the file so that it plays (again to abandon it)');
    },
    close,
  };
}
