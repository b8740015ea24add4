import { extname } from 'node:path';
import type { Audience } from '../../operators/broadcast.js';
import type { SourceState } from '../../operators/supervise.js';
import type { CheckedListenOptions } from '../options/listen-options.js';
import { checkAdmission } from '../serve/live-server.js';
import { openEngineServer } from '../serve/open-engine-server.js';
import { readToken } from '../serve/read-secrets.js';
import type { RunInput } from './find-inputs.js';
import type { LazyEngine } from './lazy-engine.js';

/** Whoever watches a run. All of its files are one stream, so that viewers see one after the other; each is an epoch of it. */
export interface Viewers {
  /** Where the page is. */
  readonly url: string;
  /** Makes the audience of the next file, whose name they are told. */
  begin(input: RunInput): Audience;
  /** Says that the file that was begun last failed. */
  fail(error: unknown): void;
  /** Says that it is over, and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens for viewers of a run, once its engine is there, whose description they get.
 *
 * @param name What viewers see the stream called.
 * @param nameOf What an option is called where it came from.
 * @throws `Failure` as `readToken` and `openEngineServer`, and as the making of the engine.
 */
export async function openViewers(
  engine: LazyEngine,
  name: string,
  options: CheckedListenOptions,
  nameOf: (option: string) => string,
): Promise<Viewers> {
  // Before the engine is loaded, which takes a while.
  const token = await readToken(options, nameOf);
  checkAdmission(options.host, token);
  await engine.ready();
  const server = await openEngineServer(engine, [name], options, token, { nameOf });
  const { hub, url } = server;
  let epoch = -1;
  let state: SourceState = 'connecting';
  let file: string | undefined;

  function say(next: SourceState, error?: unknown): void {
    state = next;
    hub.setStatus(name, {
      state,
      epoch: Math.max(epoch, 0),
      since: Date.now(),
      ...(error !== undefined && { error }),
      ...(file !== undefined && { file }),
    });
  }

  return {
    url,
    begin(input) {
      epoch += 1;
      file = fileOf(input);
      const own = epoch;
      say('connecting');
      return {
        wanted: () => hub.wanted(name),
        show(frame, parts, encodeMs) {
          if (state === 'connecting') say('live');
          hub.show({ ...frame, source: name, epoch: own }, parts, encodeMs);
        },
      };
    },
    fail: (error) => say('failed', error),
    async close() {
      if (state !== 'failed') say('ended');
      await server.close('The run is over', true);
    },
  };
}

/** An input's name as outputs have it, below the folder that was given: where that is, is no viewer's business. */
function fileOf({ kind, path, stem }: RunInput): string {
  return kind === 'video' || kind === 'image' ? stem + extname(path) : stem;
}
