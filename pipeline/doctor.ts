import { execFile, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { basename } from 'node:path';
import { PROVIDERS, type Provider } from '../model/engines/onnx-providers.js';
import { int8Support } from '../model/engines/processor.js';
import { modulePath } from '../model/module-path.js';
import { networkOf } from '../model/networks/network-of.js';
import { readWeights } from '../model/weights.js';
import { RENDER_DEVICE } from '../operators/choose-encoder.js';
import { findFfmpeg } from '../operators/find-ffmpeg.js';
import { packagedNetworks } from './options/find-weights.js';
import { packagedFile } from './options/package-root.js';

/** The result of one check. */
export interface Finding {
  /** What was checked, `ffmpeg`, `onnx on cuda`. */
  readonly name: string;
  /** `missing` is not an error in itself, since nobody needs every engine. */
  readonly state: 'found' | 'missing' | 'warning';
  /** One line: what was found, or why it is missing. */
  readonly detail: string;
  /** How to get or improve it. */
  readonly advice?: string;
}

const OLDEST_NODE = [20, 12] as const;

/** How long a native library may take to start; TensorRT compiles for a while. */
const TRY_TIMEOUT_MS = 300_000;

/** Checks what the commands need: tools, engines, providers and weights. Each is really tried. */
export async function doctor(): Promise<Finding[]> {
  const providers = Object.keys(PROVIDERS) as Provider[];
  const findings = await Promise.all([
    findNode(),
    findMachine(),
    lookForFfmpeg(),
    findGpu(),
    ...providers.filter((name) => PROVIDERS[name].platforms.includes(process.platform)).map(findProvider),
    findTensorflow(),
    ...(await packagedNetworks()).map(findWeightsOf),
  ]);
  const hasWeights = findings.some(({ name }) => name.startsWith('weights'));
  return hasWeights ? findings : [...findings, noWeights];
}

/** Renders findings for people to read: a mark, the name, the detail, and advice below what is missing. */
export function renderFindings(findings: readonly Finding[]): string {
  const marks = { found: '+', missing: '-', warning: '!' } as const;
  const column = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .flatMap(({ name, state, detail, advice }) => [
      `${marks[state]} ${name.padEnd(column)}  ${detail}`,
      ...(advice === undefined ? [] : [`  ${' '.repeat(column)}  ${advice}`]),
    ])
    .join('\n');
}

function findNode(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const found: Finding = { name: 'node', state: isNewEnough ? 'found' : 'warning', detail: process.versions.node };
  return isNewEnough
    ? found
    : { ...found, advice: `Node ${OLDEST_NODE.join('.')} or newer is needed: see https://nodejs.org` };
}

function findMachine(): Finding {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const processor = cpus()[0]?.model.trim() ?? arch();
  const int8 = int8Support();
  const speed = `int8 is ${int8.isFast ? '' : 'not '}faster than float32 here: ${int8.reason}`;
  const detail = `${platform()} ${release()} ${arch()}, ${availableParallelism()} x ${processor}, ${memory}; ${speed}`;
  return { name: 'machine', state: 'found', detail };
}

async function lookForFfmpeg(): Promise<Finding> {
  try {
    const { path, version, warning } = await findFfmpeg();
    const found: Finding = { name: 'ffmpeg', state: 'found', detail: `${version} at ${path}` };
    return warning === undefined ? found : { ...found, state: 'warning', advice: warning };
  } catch (error) {
    return { name: 'ffmpeg', state: 'missing', detail: (error as Error).message };
  }
}

async function findGpu(): Promise<Finding> {
  const nvidia = await new Promise<string>((resolve) => {
    const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
    execFile('nvidia-smi', query, { timeout: 20_000, windowsHide: true }, (error, stdout) =>
      resolve(error ? '' : stdout.trim()),
    );
  });
  if (nvidia !== '') return { name: 'gpu', state: 'found', detail: nvidia.split('\n').join('; ') };
  if (process.platform === 'linux') {
    const other = existsSync(RENDER_DEVICE);
    const detail = other
      ? `a render device, ${RENDER_DEVICE}; no NVIDIA driver`
      : 'neither an NVIDIA driver nor a render device';
    return { name: 'gpu', state: other ? 'found' : 'missing', detail };
  }
  return { name: 'gpu', state: 'found', detail: 'no NVIDIA driver; what the system has is tried by webgpu below' };
}

async function findProvider(provider: Provider): Promise<Finding> {
  const name = `onnx on ${provider}`;
  const answer = await tryEngine(provider);
  const { advice, title } = PROVIDERS[provider];
  // The engine's own description names the precision of the small test network, which would mislead.
  if ('description' in answer) return { name, state: 'found', detail: `a small network was computed on ${title}` };
  const detail = answer.reason
    .replace(/^The onnx engine could not start on \w+ \([^)]*\): /, '')
    .replace(`. ${advice}`, '');
  return { name, state: 'missing', detail, advice };
}

async function findTensorflow(): Promise<Finding> {
  const name = 'tensorflow';
  const answer = await tryEngine(name);
  if ('description' in answer) return { name, state: 'found', detail: answer.description };
  const [detail, advice] = answer.reason.split(/: (?=run )/) as [string, string?];
  return {
    name,
    state: 'missing',
    detail,
    advice: `Only training and --engine tensorflow need it: ${advice ?? 'run "npm run setup:tensorflow"'}`,
  };
}

async function findWeightsOf(network: string): Promise<Finding> {
  const name = `weights of ${network}`;
  const path = packagedFile('model', 'weights', `${network}.safetensors`);
  try {
    const weights = await readWeights(path);
    const { card } = weights;
    networkOf(weights);
    const { width, height } = card.inputSize;
    const calibration = card.calibration === undefined ? 'float32' : 'float32 and int8';
    return {
      name,
      state: 'found',
      detail: `${basename(path)}, ${card.classes.length} classes at ${width}x${height}, ${calibration}`,
    };
  } catch (error) {
    return {
      name,
      state: 'warning',
      detail: (error as Error).message,
      advice: 'Reinstall the package, or give a file with --weights',
    };
  }
}

const noWeights: Finding = {
  name: 'weights',
  state: 'missing',
  detail: 'none come with this copy of the package',
  advice: 'Give a file with --weights, or make one with `segnet-stream train`',
};

/** Starts an engine in a separate process (`try-engine.ts`). */
function tryEngine(name: string): Promise<{ description: string } | { reason: string }> {
  return new Promise((resolve) => {
    const child = fork(modulePath(new URL('./try-engine.js', import.meta.url)), [name], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), TRY_TIMEOUT_MS);
    child.on('message', (answer) => resolve(answer as { description: string } | { reason: string }));
    child.on('error', (error) => resolve({ reason: error.message }));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ reason: `its process ended with ${signal ?? `exit code ${code}`} before it answered` });
    });
  });
}
