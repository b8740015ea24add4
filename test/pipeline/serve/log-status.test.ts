import t from 'tap';
import type { SourceStatus } from '../../../operators/supervise.js';
import { createLog } from '../../../pipeline/serve/log.js';
import { createStatusLog } from '../../../pipeline/serve/log-status.js';
import { createScrubber } from '../../../pipeline/serve/scrub.js';

t.test('a source that is away is told of at once and then hourly, one that changes whenever it does', async (t) => {
  const lines: string[] = [];
  const write = (line: string) =>
    lines.push(
      line
        .slice(9)
        .replace(/\(epoch: \d+(, )?|\)|, retryInMs: \d+/g, '')
        .trim(),
    );
  const log = createLog({ level: 'info', format: 'text', scrub: createScrubber([]), write });
  const tell = createStatusLog(log, (error) => (error as Error).message);
  let [epoch, since] = [0, 0];
  const status = (state: SourceStatus['state'], error?: Error): void =>
    tell({ state, epoch, since, ...(error && { error, retryAt: since + 10_000 }) });
  const attempt = (reason: string): void => {
    status('connecting');
    status('reconnecting', new Error(reason));
    epoch += 1;
    since += 10_000;
  };

  for (let count = 0; count < 400; count++) attempt('no route');
  t.same(lines, ['info  connecting', 'warn  reconnecting error: no route', 'warn  reconnecting error: no route']);
  lines.length = 0;
  attempt('refused');
  t.same(lines, ['warn  reconnecting error: refused'], 'another reason');
  lines.length = 0;
  status('connecting');
  status('live');
  attempt('refused');
  t.same(lines, ['info  live', 'info  connecting', 'warn  reconnecting error: refused'], 'after it was back');
});
