import { rmSync } from 'node:fs';
import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchError, defer, finalize, from, type Observable, switchMap, tap } from 'rxjs';
import { Failure } from '../../model/failure.js';
import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { makeTemporaryFolder } from '../../operators/make-folder.js';
import { isRunning } from '../is-running.js';
import type { LiveSource } from './live-source.js';
import { ffmpegInput, ffmpegOptions, type SourceOptions } from './source-input.js';

/** Starts reading, given ffmpeg's input and the options before it. */
export type Open<T> = (input: string, inputOptions: readonly string[]) => Observable<T>;

/** Folders that currently hold a password. They are removed synchronously when the process exits. */
const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const PREFIX = 'segnet-stream-source-';

let orphansRemoved: Promise<void> | undefined;

/** Removes the folders of servers that were killed while they opened a source. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (!(pid > 0) || isRunning(pid)) continue;
    const path = join(tmpdir(), name);
    // Folders of other users are left alone, and might be a trap.
    const found = await lstat(path).catch(() => undefined);
    const isOurs = found?.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
    if (isOurs) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Opens a source with its options. All users of a machine can read command lines, so an RTSP address with a password, before
 * the host or among its parameters, is passed to ffmpeg in a file that only this user can read and that is removed after the
 * first frame. Addresses of other protocols (HTTP) are on ffmpeg's command line.
 *
 * Errors name the source, not the file.
 */
export function openSource<T>(
  source: LiveSource,
  tool: FfmpegTool,
  options: SourceOptions,
  open: Open<T>,
): Observable<T> {
  const inputOptions = ffmpegOptions(source, tool, options);
  // Concat scripts have `option` since ffmpeg 5.
  const hides = source.kind === 'rtsp' && source.shown !== source.input && isAtLeast(tool, [59, 0]);
  if (!hides) return open(ffmpegInput(source), inputOptions);
  return defer(() => {
    let folder: string | undefined;
    let isFirst = true;
    let script = '';
    const written = (async () => {
      orphansRemoved ??= removeOrphans().catch(() => {});
      await orphansRemoved;
      folder = await makeTemporaryFolder(`${PREFIX}${process.pid}-`);
      folders.add(folder);
      script = join(folder, 'source.ffconcat');
      await writeFile(script, concatScript(source.input, inputOptions), { mode: 0o600 });
      return script;
    })();
    const remove = async (): Promise<void> => {
      await written.catch(() => {});
      if (folder === undefined) return;
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    };
    return from(written).pipe(
      switchMap((path) => open(path, concatOptions(inputOptions))),
      tap(() => {
        if (isFirst) void remove().catch(() => {});
        isFirst = false;
      }),
      catchError((error: unknown) => {
        if (!(error instanceof Failure) || script === '') throw error;
        throw new Failure(error.code, error.message.replaceAll(script, source.shown), { cause: error });
      }),
      finalize(() => void remove().catch(() => {})),
    );
  });
}

/** A playlist with one entry and the options of the source itself. */
function concatScript(input: string, inputOptions: readonly string[]): string {
  const lines = ['ffconcat version 1.0', `file ${quote(input)}`];
  for (let at = 0; at + 1 < inputOptions.length; at += 2) {
    const name = inputOptions[at]!.slice(1);
    // These two are options of the decoder, not of the source.
    if (name !== 'flags' && name !== 'skip_frame') lines.push(`option ${name} ${quote(inputOptions[at + 1]!)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The options of a source that the reading of its playlist needs as well: ffmpeg probes what comes out of it once more. */
const OF_PLAYLISTS_TOO = ['-flags', '-skip_frame', '-fflags', '-probesize', '-analyzeduration', '-fpsprobesize'];

/** The options for reading the playlist. */
function concatOptions(inputOptions: readonly string[]): string[] {
  const own: string[] = [];
  for (let at = 0; at + 1 < inputOptions.length; at += 2) {
    if (OF_PLAYLISTS_TOO.includes(inputOptions[at]!)) own.push(inputOptions[at]!, inputOptions[at + 1]!);
  }
  const protocols = 'file,rtsp,rtsps,tcp,tls,udp,rtp,srtp,crypto,http,https';
  return [...own, '-protocol_whitelist', protocols, '-safe', '0', '-f', 'concat'];
}

/** Quotes text for ffmpeg's scripts: everything between apostrophes is literal, and an apostrophe is escaped outside of them. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
