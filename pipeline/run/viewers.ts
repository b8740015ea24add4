import { extname } from 'node:path';
import { Failure } from '../../model/failure.js';
import type { Audience } from '../../operators/broadcast.js';
import type { SourceState } from '../../operators/supervise.js';
import type { CheckedListenOptions } from '../options/listen-options.js';
import { checkAdmission } from '../serve/live-server.js';
import { openEngineServer } from '../serve/open-engine-server.js';
import { readToken } from '../serve/read-secrets.js';
import type { RunInput } from './find-inputs.js';
import type { LazyEngine } from './lazy-engine.js';

/** The viewers of a run. All of its files are one stream, in which each file is an epoch. */
export interface Viewers {
  /** The URL of the page. */
  readonly url: string;
  /** Creates the audience of the next file and announces its name. */
  begin(input: RunInput): Audience;
  /** Announces that the current file failed. */
  fail(error: unknown): void;
  /** Announces the end, and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens for viewers of a run once its engine exists, whose description they get.
 *
 * @param name The stream's name for viewers.
 * @param nameOf Returns an option's name where it came from.
 * @throws `Failure` as `readToken` and `openEngineServer`, and as creating the engine.
 */
export async function openViewers(
  engine: LazyEngine,
  name: string,
  options: CheckedListenOptions,
  nameOf: (option: string) => string,
): Promise<Viewers> {
  // Checked before the engine is loaded, which takes a while.
  const token = await readToken(options, nameOf);
  checkAdmission(options.host, token);
  await engine.ready();
  const server = await openEngineServer(engine, [name], options, token, { nameOf });
  const { hub, url } = server;
  let epoch = -1;
  let state: SourceState = 'connecting';
  let file: string | undefined;

  function say(next: SourceState, error?: string): void {
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
    // An error's own message says where files are.
    fail: (error) => say('failed', `${file} failed (${error instanceof Failure ? error.code : 'UNEXPECTED'})`),
    async close() {
      if (state !== 'failed') say('ended');
      await server.close('The run is over', true);
    },
  };
}

/** An input's name relative to the given folder, since viewers should not learn where that folder is. */
function fileOf({ kind, path, stem }: RunInput): string {
  return kind === 'video' || kind === 'image' ? stem + extname(path) : stem;
}
