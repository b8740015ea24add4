import { createProgress } from '../progress.js';
import type { RunEvent } from './run-event.js';
import { describeFile, isMany, shorten } from './summary.js';

/** Tells a person how a run goes. */
export interface Reporter {
  /** What `onEvent` of `run` wants. */
  readonly onEvent: (event: RunEvent) => void;
  /** Says that the run was asked to stop: from now on there is no telling how long it takes. */
  readonly stopping: () => void;
  /** Leaves the terminal clean. */
  readonly close: () => void;
}

/** Tells a person how a run goes, with the progress of each file. */
export function createReporter(stream: NodeJS.WriteStream): Reporter {
  const { show, say, close } = createProgress(stream);
  // Pictures are under way several at a time.
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
      // They would be all that is left on the screen of a folder that was stopped, or is done already; the last line counts them.
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
