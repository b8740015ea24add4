import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchError, defer, finalize, from, type Observable, switchMap, tap } from 'rxjs';
import { Failure } from '../../model/failure.js';
import { type FfmpegTool, isAtLeast } from '../../operators/find-ffmpeg.js';
import { ffmpegInput, ffmpegOptions, type LiveSource, type SourceOptions } from './live-source.js';
import { passwordsOf } from './scrub.js';

/** Starts reading; gets what ffmpeg is to be given before and behind its `-i`. */
export type Open<T> = (input: string, inputOptions: readonly string[]) => Observable<T>;

/**
 * Opens a source with its options. Everybody on a machine can read command lines, so an RTSP address with a password reaches ffmpeg by
 * a file that only this user can read, which is removed as soon as the first frame has come.
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
  const hides = source.kind === 'rtsp' && passwordsOf(source.input).length > 0 && isAtLeast(tool, [59, 0]);
  if (!hides) return open(ffmpegInput(source), inputOptions);
  return defer(() => {
    const folder = mkdtemp(join(tmpdir(), 'segnet-stream-'));
    const remove = (): void => void folder.then((path) => rm(path, { recursive: true, force: true })).catch(() => {});
    let isFirst = true;
    let script = '';
    return from(
      folder.then(async (path) => {
        script = join(path, 'source.ffconcat');
        await writeFile(script, concatScript(source.input, inputOptions), { mode: 0o600 });
        return script;
      }),
    ).pipe(
      switchMap((path) => open(path, concatOptions(inputOptions))),
      tap(() => {
        if (isFirst) remove();
        isFirst = false;
      }),
      catchError((error: unknown) => {
        if (!(error instanceof Failure) || script === '') throw error;
        throw new Failure(error.code, error.message.replaceAll(script, source.shown), { cause: error });
      }),
      finalize(remove),
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
