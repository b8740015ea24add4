import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { Failure } from '../model/failure.js';

/** An ffmpeg that has been run and answered. */
export interface FfmpegTool {
  readonly path: string;
  /** The version that it prints: `5.1.9-0+deb12u1`, `n9.0.2-17-g2a571b6068`, `N-47683-g0e8eb07980-static`. */
  readonly version: string;
  /** libavcodec's [major, minor], which unlike `version` can be compared in every build. 58 is ffmpeg 4, 59 is 5, ... */
  readonly codecVersion: readonly [number, number];
  readonly origin: 'environment' | 'path' | 'package';
  /** A sentence for the user if the tool is usable but not recommended. */
  readonly warning?: string;
}

/** ffmpeg 4.0: before it, NUT output and the filters used here differ too much to be worth supporting. */
const oldestCodecVersion = [58, 18] as const;

const howToGet =
  'Install ffmpeg 5 or newer ("apt install ffmpeg", "brew install ffmpeg", "winget install ffmpeg") or set FFMPEG_PATH to its binary';

const found = new Map<string, Promise<FfmpegTool>>();

/**
 * Finds an ffmpeg that runs: `FFMPEG_PATH` if it is set, else the first on `PATH`, else the one packaged in the
 * optional `@ffmpeg-installer/ffmpeg`. Each is run with `-version` before it is accepted. The result is cached as long
 * as both variables stay the same.
 *
 * @throws `Failure` `FFMPEG_MISSING` if none runs, `FFMPEG_TOO_OLD` if the one that runs is older than 4.0.
 */
export function findFfmpeg(): Promise<FfmpegTool> {
  const key = JSON.stringify([process.env.FFMPEG_PATH, process.env.PATH]);
  let finding = found.get(key);
  if (!finding) {
    finding = look();
    // A failure is not cached: the user may install ffmpeg while we run.
    finding.catch(() => found.delete(key));
    found.set(key, finding);
  }
  return finding;
}

/** True for ffmpeg at least as new as the libavcodec version given. */
export function isAtLeast(tool: FfmpegTool, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor, ownMinor] = tool.codecVersion;
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Returns the option that writes every frame once, with its own time; its name changed in ffmpeg 5.1. */
export function passthroughOption(tool: FfmpegTool): readonly string[] {
  return isAtLeast(tool, [59, 37]) ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
}

async function look(): Promise<FfmpegTool> {
  const wanted = process.env.FFMPEG_PATH;
  if (wanted) {
    const tool = await ask(wanted, 'environment');
    if (typeof tool === 'string') {
      throw new Failure('FFMPEG_MISSING', `FFMPEG_PATH is set to ${wanted}, which does not run as ffmpeg: ${tool}`);
    }
    return refuseIfTooOld(tool);
  }
  const tried: string[] = [];
  let tooOld: FfmpegTool | undefined;
  for (const path of await onPath()) {
    const tool = await ask(path, 'path');
    if (typeof tool === 'string') tried.push(`${path} (${tool})`);
    else if (isAtLeast(tool, oldestCodecVersion)) return tool;
    else tooOld ??= tool;
  }
  const packaged = await packagedPath();
  if (packaged) {
    const tool = await ask(packaged, 'package');
    if (typeof tool !== 'string') {
      const reason = tooOld ? `${tooOld.path} is too old (${tooOld.version})` : 'no ffmpeg was found on PATH';
      const warning = `${reason}: using the one packaged with npm (${tool.version}, of 2018), which suits files but not cameras. ${howToGet}`;
      return { ...tool, warning };
    }
    tried.push(`${packaged} (${tool})`);
  }
  if (tooOld) return refuseIfTooOld(tooOld);
  const also = tried.length > 0 ? ` Tried ${tried.join(', ')}.` : '';
  throw new Failure('FFMPEG_MISSING', `ffmpeg was found neither on PATH nor in node_modules.${also} ${howToGet}`);
}

function refuseIfTooOld(tool: FfmpegTool): FfmpegTool {
  if (isAtLeast(tool, oldestCodecVersion)) return tool;
  throw new Failure('FFMPEG_TOO_OLD', `${tool.path} is ffmpeg ${tool.version}; 4.0 or newer is needed. ${howToGet}`);
}

/** Runs `-version`; resolves with a string that gives the reason if it is not a usable ffmpeg. */
function ask(path: string, origin: FfmpegTool['origin']): Promise<FfmpegTool | string> {
  return new Promise((resolve) => {
    execFile(path, ['-version'], { timeout: 10_000, windowsHide: true }, (error, stdout) => {
      if (error) {
        const { code, signal } = error;
        if (code === 'ENOENT') return resolve('no such file');
        return resolve(signal ? `ended by ${signal}` : typeof code === 'number' ? `exit code ${code}` : String(code));
      }
      const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
      const codec = /^libavcodec\s+(\d+)\.\s*(\d+)/m.exec(stdout);
      if (!version || !codec) return resolve('it answers -version, but not as ffmpeg does');
      resolve({ path, version, codecVersion: [Number(codec[1]), Number(codec[2])], origin });
    });
  });
}

async function onPath(): Promise<string[]> {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const paths: string[] = [];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder && (await isRunnable(path))) paths.push(path);
  }
  return paths;
}

/** The binary inside `@ffmpeg-installer/PLATFORM`, made runnable: npm may have unpacked it without running scripts. */
async function packagedPath(): Promise<string | undefined> {
  const platform = `@ffmpeg-installer/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const installer = require.resolve('@ffmpeg-installer/ffmpeg/package.json');
    const folder = join(createRequire(installer).resolve(`${platform}/package.json`), '..');
    const path = join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
    if (!(await isRunnable(path))) await chmod(path, 0o755);
    return path;
  } catch {
    return undefined;
  }
}

function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
