import { rmSync } from 'node:fs';
import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchError, defer, finalize, from, type Observable, switchMap, tap } from 'rxjs';
import { Failure } from '../../model/failure.js';
import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { makeTemporaryFolder } from '../../operators/make-folder.js';
import { isRunning } from '../is-running.js';
import { ffmpegInput, ffmpegOptions, type LiveSource, type SourceOptions } from './live-source.js';

/** Starts reading; gets what ffmpeg is to be given before and behind its `-i`. */
export type Open<T> = (input: string, inputOptions: readonly string[]) => Observable<T>;

/** Folders that hold a password now. A process that is ended has no time for promises. */
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
    // Another user's are that one's concern, or a trap.
    const found = await lstat(path).catch(() => undefined);
    const isOurs = found?.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
    if (isOurs) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Opens a source with its options. Everybody on a machine can read command lines, so an RTSP address with a password in it, before
 * the host or among its parameters, reaches ffmpeg by a file that only this user can read, which is removed as soon as the first
 * frame has come. Addresses of other protocols (HTTP) stand on ffmpeg's command line as they are.
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
  // `option` in concat scripts came with ffmpeg 5.
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

/** A one-line play list, with the options that belong to the source itself. */
function concatScript(input: string, inputOptions: readonly string[]): string {
  const lines = ['ffconcat version 1.0', `file ${quote(input)}`];
  for (let at = 0; at + 1 < inputOptions.length; at += 2) {
    const name = inputOptions[at]!.slice(1);
    // Of the decoder, not of the source.
    if (name !== 'flags' && name !== 'skip_frame') lines.push(`option ${name} ${quote(inputOptions[at + 1]!)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The options that reading the play list takes. */
function concatOptions(inputOptions: readonly string[]): string[] {
  const own: string[] = [];
  for (let at = 0; at + 1 < inputOptions.length; at += 2) {
    if (['-flags', '-skip_frame', '-fflags', '-probesize', '-analyzeduration'].includes(inputOptions[at]!)) {
      own.push(inputOptions[at]!, inputOptions[at + 1]!);
    }
  }
  const protocols = 'file,rtsp,rtsps,tcp,tls,udp,rtp,srtp,crypto,http,https';
  return [...own, '-protocol_whitelist', protocols, '-safe', '0', '-f', 'concat'];
}

/** As ffmpeg's scripts quote: everything between apostrophes stands for itself, an apostrophe outside them is escaped. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
