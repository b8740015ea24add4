import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ProviderName } from './choices.js';

/** Where ONNX Runtime can compute. */
export type Provider = Exclude<ProviderName, 'auto'>;

interface ProviderFacts {
  /** The name that people use. */
  readonly title: string;
  /** Node platforms whose onnxruntime-node includes it. */
  readonly platforms: readonly NodeJS.Platform[];
  /** What to do where it does not start. */
  readonly advice: string;
}

/** Every provider, and what to do where it is missing. */
export const PROVIDERS: Readonly<Record<Provider, ProviderFacts>> = {
  cpu: {
    title: 'the processor',
    platforms: ['linux', 'darwin', 'win32'],
    advice:
      'Run `npm rebuild onnxruntime-node --ignore-scripts=false`, or reinstall on a platform that onnxruntime-node supports',
  },
  cuda: {
    title: 'NVIDIA CUDA',
    platforms: ['linux'],
    advice:
      'It needs an NVIDIA driver, cuDNN 9 and the provider libraries: `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false` downloads those for CUDA 12; those for CUDA 13 (libonnxruntime_providers_*.so) are in the PyPI wheel onnxruntime-gpu of the same version',
  },
  tensorrt: {
    title: 'NVIDIA TensorRT',
    platforms: ['linux'],
    advice: 'It needs all that cuda needs, and TensorRT 10 on the library path',
  },
  webgpu: {
    title: 'WebGPU',
    platforms: ['linux', 'darwin', 'win32'],
    advice:
      'It needs a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows); `vulkaninfo --summary` must list one',
  },
  dml: {
    title: 'DirectML',
    platforms: ['win32'],
    advice: 'It needs Windows 10 1903 or later and a GPU with a Direct3D 12 driver',
  },
  coreml: {
    title: 'Apple CoreML',
    platforms: ['darwin'],
    advice: 'It needs macOS 13 or later',
  },
};

/**
 * The providers that `auto` tries, best first. WebGPU, CoreML and TensorRT are used only if named: a software Vulkan driver is
 * far slower than the processor, CoreML moves layers back and forth, and TensorRT compiles for minutes.
 */
export function automaticProviders(): Provider[] {
  if (process.platform === 'win32') return ['dml', 'cpu'];
  return hasCudaLibraries() ? ['cuda', 'cpu'] : ['cpu'];
}

/** True if onnxruntime-node's CUDA provider is next to its binding. The package itself ships only the CPU and WebGPU providers. */
export function hasCudaLibraries(): boolean {
  return existsSync(join(bindingFolder(), 'libonnxruntime_providers_cuda.so'));
}

function bindingFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}
