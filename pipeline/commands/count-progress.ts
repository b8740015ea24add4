import { SingleBar } from 'cli-progress';

/** Where there is no terminal, a line is written this often. */
const LINE_EVERY_MS = 5000;

/** Shows how many of a known number of things are done: a bar on a terminal, a line every few seconds elsewhere. */
export function createCounter(
  stream: NodeJS.WriteStream,
  noun: string,
): { readonly update: (done: number, total: number) => void; readonly close: () => void } {
  let bar: SingleBar | undefined;
  let lineDueAt = performance.now() + LINE_EVERY_MS;
  return {
    update(done, total) {
      if (stream.isTTY) {
        if (bar === undefined) {
          bar = new SingleBar({
            stream,
            format: `{bar} {value}/{total} ${noun}, {eta_formatted} left`,
            clearOnComplete: true,
          });
          bar.start(total, done);
        }
        bar.update(done);
      } else if (performance.now() >= lineDueAt) {
        lineDueAt = performance.now() + LINE_EVERY_MS;
        stream.write(`${done}/${total} ${noun}\n`);
      }
    },
    close() {
      bar?.stop();
      bar = undefined;
    },
  };
}
