import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import type { ProgramCall } from '../module-command.js';
import { packagedFile } from '../options/package-root.js';

/** Another runtime that is installed here, to be measured in the same run. */
export interface Peer {
  /** `onnxruntime`, `openvino`, `pytorch` or `opencv`. */
  readonly name: string;
  /** `OpenVINO 2026.4.1`. */
  readonly title: string;
  readonly precisions: readonly Engine['precision'][];
}

/** What `peer.py --list` prints. */
type Listing = Readonly<Record<string, Omit<Peer, 'name'> & { readonly version: string }>>;

/** The names that `--peers` takes. */
export const peerNames = ['onnxruntime', 'openvino', 'pytorch', 'opencv'] as const;

/** How to install the peers, for those who have none. */
export const peersAdvice =
  'sh pipeline/benchmark/peers/setup.sh (in a clone) installs PyTorch, OpenVINO, OpenCV and ONNX Runtime to compare with';

/** The Python in which `peers/setup.sh` installs them: a folder of its own, outside the project. */
export function peersPython(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.SEGNET_STREAM_PEERS_PYTHON ?? join(cache, 'segnet-stream', 'peers', 'bin', 'python');
}

/** How to run a script of `pipeline/benchmark/peers`. */
export function peerCommand(script: string, args: readonly string[]): ProgramCall {
  return { file: peersPython(), args: [packagedFile('pipeline', 'benchmark', 'peers', script), ...args] };
}

/**
 * The peers that are installed; none where the set-up was not run.
 *
 * @throws `Failure` `PEER_FAILED` where it was, and its Python does not run.
 */
export async function findPeers(): Promise<readonly Peer[]> {
  const { file, args } = peerCommand('peer.py', ['--list']);
  // One that is named may be found on PATH.
  if (process.env.SEGNET_STREAM_PEERS_PYTHON === undefined && !existsSync(file)) return [];
  try {
    const { stdout } = await promisify(execFile)(file, [...args]);
    return Object.entries(JSON.parse(stdout) as Listing).map(([name, { title, version, precisions }]) => ({
      name,
      title: `${title} ${version}`,
      precisions,
    }));
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    throw new Failure('PEER_FAILED', `The Python of the peers, ${file}, cannot list them: ${reason}. ${peersAdvice}`, {
      cause: error,
    });
  }
}

/**
 * The peers of these names.
 *
 * @throws `Failure` `PEER_MISSING` where one is not installed, with how to install it; as `findPeers`.
 */
export async function requirePeers(names: readonly string[]): Promise<readonly Peer[]> {
  if (names.length === 0) return [];
  const found = await findPeers();
  const missing = names.filter((wanted) => !found.some(({ name }) => name === wanted));
  if (missing.length > 0)
    throw new Failure('PEER_MISSING', `There is no ${missing.join(', no ')} here: ${peersAdvice}`);
  return found.filter(({ name }) => names.includes(name));
}
