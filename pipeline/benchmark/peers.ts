import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../../model/engine.js';
import { Failure } from '../../model/failure.js';
import type { ProgramCall } from '../module-command.js';
import { cacheFolder } from '../options/cache-folder.js';
import { packagedFile } from '../options/package-root.js';

/** Another installed runtime, which is measured in the same run. */
export interface Peer {
  /** `onnxruntime`, `openvino`, `pytorch` or `opencv`. */
  readonly name: string;
  /** `OpenVINO 2026.4.1`. */
  readonly title: string;
  readonly precisions: readonly Engine['precision'][];
}

/** The output of `peer.py --list`. */
type Listing = Readonly<Record<string, Omit<Peer, 'name'> & { readonly version: string }>>;

/** The names that `--peers` accepts. */
export const peerNames = ['onnxruntime', 'openvino', 'pytorch', 'opencv'] as const;

/** How to install the peers. */
export const peersAdvice =
  'sh pipeline/benchmark/peers/setup.sh (in a clone) installs PyTorch, OpenVINO, OpenCV and ONNX Runtime to compare with';

/** The Python in which `peers/setup.sh` installs the peers, in a separate folder outside the project. */
export function peersPython(): string {
  return process.env.SEGNET_STREAM_PEERS_PYTHON || join(cacheFolder(), 'peers', 'bin', 'python');
}

/** The command that runs a script of `pipeline/benchmark/peers`. */
export function peerCommand(script: string, args: readonly string[]): ProgramCall {
  return { file: peersPython(), args: [packagedFile('pipeline', 'benchmark', 'peers', script), ...args] };
}

/**
 * The installed peers; none if the set-up was not run.
 *
 * @throws `Failure` `PEER_FAILED` if it was run but its Python does not work.
 */
export async function findPeers(): Promise<readonly Peer[]> {
  const { file, args } = peerCommand('peer.py', ['--list']);
  // A Python that is named in the environment may be on PATH.
  if (!process.env.SEGNET_STREAM_PEERS_PYTHON && !existsSync(file)) return [];
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
 * The peers with these names.
 *
 * @throws `Failure` `PEER_MISSING` if one is not installed, saying how to install it; as `findPeers`.
 */
export async function requirePeers(names: readonly string[]): Promise<readonly Peer[]> {
  if (names.length === 0) return [];
  const found = await findPeers();
  const missing = names.filter((wanted) => !found.some(({ name }) => name === wanted));
  if (missing.length > 0)
    throw new Failure('PEER_MISSING', `There is no ${missing.join(', no ')} here: ${peersAdvice}`);
  return found.filter(({ name }) => names.includes(name));
}
