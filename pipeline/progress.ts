import { SingleBar } from 'cli-progress';
import { formatTime } from './options/time.js';
import { printable } from './wording.js';

/** The rate is that of the last seconds, so that the ETA adapts when the machine gets busy. */
const PACE_OVER_MS = 10_000;

/** Shows the progress of one task after another. */
export interface Progress {
  /**
   * Shows how many of `noun` are done, their rate and, where `total` is known, the remaining time. A new title begins a new
   * task.
   */
  readonly show: (title: string, noun: string, done: number, total?: number, note?: string) => void;
  /** Writes a permanent line. */
  readonly say: (text: string) => void;
  /** Removes the progress bar from the terminal. */
  readonly close: () => void;
}

/** Shows progress: a bar on a terminal, a line every few seconds elsewhere. */
export function createProgress(stream: NodeJS.WriteStream, lineEveryMs = 5000): Progress {
  let shown: string | undefined;
  let bar: SingleBar | undefined;
  let pace = createPace();
  let lineDueAt = 0;

  const close = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    show(name, noun, done, promised, note) {
      const title = printable(name);
      if (title !== shown) {
        close();
        shown = title;
        pace = createPace();
        lineDueAt = performance.now() + lineEveryMs;
      }
      // A container may announce too few frames. The bar never exceeds its end, and is not drawn where the total is unknown.
      const total = promised === undefined ? undefined : Math.max(promised, done);
      const perSecond = pace(done);
      const status = [
        `${done}${total === undefined ? '' : `/${total}`} ${noun}`,
        perSecond > 0 && `${perSecond.toFixed(1)} ${noun}/s`,
        perSecond > 0 && total !== undefined && `${formatTime((total - done) / perSecond)} left`,
        note,
      ]
        .filter(Boolean)
        .join(', ');
      if (stream.isTTY) {
        bar ??= startBar(stream, total ?? 0);
        bar.setTotal(total ?? 0);
        bar.update(done, { title, status });
      } else if (performance.now() >= lineDueAt) {
        lineDueAt = performance.now() + lineEveryMs;
        stream.write(`${title}: ${status}\n`);
      }
    },
    say(text) {
      close();
      stream.write(`${printable(text)}\n`);
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
    // The commands handle signals themselves, since there may be a file to finish.
    gracefulExit: false,
    fps: 10,
  });
  bar.start(total, 0, { title: '', status: '' });
  return bar;
}

/** Returns a function from the number done so far to the rate per second over the last seconds. */
function createPace(): (done: number) => number {
  const marks: { readonly at: number; readonly done: number }[] = [];
  return (done) => {
    const at = performance.now();
    const last = marks.at(-1);
    // A mark every tenth of a second is precise enough and keeps the list short at any speed.
    if (last === undefined || at - last.at >= 100) marks.push({ at, done });
    while (marks.length > 2 && at - marks[0]!.at > PACE_OVER_MS) marks.shift();
    const { at: since, done: before } = marks[0]!;
    // Over less than half a second the rate would only reflect what was waiting.
    return at - since > 500 ? ((done - before) * 1000) / (at - since) : 0;
  };
}
