import { SingleBar } from 'cli-progress';
import { formatTime } from '../options/time.js';
import type { RunEvent } from './run-event.js';
import { describeFile, shorten } from './summary.js';

/** How often a line is written where there is no terminal. */
const LINE_EVERY_MS = 5000;

/** The pace is that of the last seconds, so that the ETA follows a machine that gets busy. */
const PACE_OVER_MS = 10_000;

/** Tells a person how a run goes. */
export interface Reporter {
  /** What `onEvent` of `run` wants. */
  readonly onEvent: (event: RunEvent) => void;
  /** Says that the run was asked to stop: from now on there is no telling how long it takes. */
  readonly stopping: () => void;
  /** Leaves the terminal clean. */
  readonly close: () => void;
}

/**
 * Tells a person how a run goes, on standard error: a progress bar with frames a second and ETA on a terminal, a line
 * every few seconds elsewhere.
 */
export function createReporter(stream: NodeJS.WriteStream): Reporter {
  let bar: SingleBar | undefined;
  let pace = createPace();
  let lineDueAt = 0;
  let title = '';
  let isStopping = false;

  const close = () => {
    bar?.stop();
    bar = undefined;
  };
  const say = (text: string) => {
    close();
    stream.write(`${text}\n`);
  };
  const handlers: { readonly [Kind in RunEvent['kind']]: (event: Extract<RunEvent, { kind: Kind }>) => void } = {
    note: ({ message }) => say(message),
    listening: ({ url }) => say(`Watch at ${url}`),
    begin: ({ input, number, count }) => {
      title = count > 1 ? `[${number}/${count}] ${shorten(input)}` : shorten(input);
      pace = createPace();
      lineDueAt = performance.now() + LINE_EVERY_MS;
    },
    frame: ({ frames, expectedFrames }) => {
      const fps = pace(frames);
      // A container may promise too few; the bar never goes beyond its end, and says nothing of one that it does not know.
      const total = expectedFrames === undefined ? undefined : Math.max(expectedFrames, frames);
      const eta = total === undefined || fps === 0 || isStopping ? '' : `, ${formatTime((total - frames) / fps)} left`;
      const speed = fps === 0 ? '' : `, ${fps.toFixed(1)} frames/s`;
      const status = `${frames}${total === undefined ? '' : `/${total}`} frames${speed}${eta}`;
      if (stream.isTTY) {
        bar ??= startBar(stream, total ?? 0);
        bar.setTotal(total ?? 0);
        bar.update(frames, { title, status });
      } else if (performance.now() >= lineDueAt) {
        lineDueAt = performance.now() + LINE_EVERY_MS;
        stream.write(`${title}: ${status}\n`);
      }
    },
    end: ({ file }) => say(describeFile(file)),
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

function startBar(stream: NodeJS.WriteStream, total: number): SingleBar {
  const format = total > 0 ? '{title} {bar} {percentage}% {status}' : '{title} {status}';
  const bar = new SingleBar({
    stream,
    format,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    // Signals are ours: the run has a file to finish.
    gracefulExit: false,
    fps: 10,
  });
  bar.start(total, 0, { title: '', status: '' });
  return bar;
}

/** Gives, for the number of frames so far, frames a second over the last seconds. */
function createPace(): (frames: number) => number {
  const marks: { readonly at: number; readonly frames: number }[] = [];
  return (frames) => {
    const at = performance.now();
    const last = marks.at(-1);
    // A mark every tenth of a second is fine enough, and keeps the list short for any speed.
    if (last === undefined || at - last.at >= 100) marks.push({ at, frames });
    while (marks.length > 2 && at - marks[0]!.at > PACE_OVER_MS) marks.shift();
    const { at: since, frames: before } = marks[0]!;
    // Over less than half a second it would be that of whatever was waiting.
    return at - since > 500 ? ((frames - before) * 1000) / (at - since) : 0;
  };
}
