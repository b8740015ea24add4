import type { Command } from 'commander';

/** A command's entry in `segnet-stream --help`. The rest of it is loaded when it is called. */
export interface CatalogueEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the options and the action. */
  readonly load: () => Promise<Command>;
}

/** The commands of `segnet-stream`, in the order of `--help`. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'run',
    summary: 'segment videos and pictures and write overlays, masks or class shares',
    load: async () => (await import('./run.js')).createRunCommand(),
  },
  {
    name: 'serve',
    summary: 'watch live cameras and show them segmented in a browser',
    load: async () => (await import('./serve.js')).createServeCommand(),
  },
  {
    name: 'describe',
    summary: 'what networks cost, beside the published figures',
    load: async () => (await import('./describe.js')).createDescribeCommand(),
  },
  {
    name: 'evaluate',
    summary: 'score a network on pictures whose classes are known',
    load: async () => (await import('./evaluate.js')).createEvaluateCommand(),
  },
  {
    name: 'train',
    summary: 'train a network on pictures whose classes are known',
    load: async () => (await import('./train.js')).createTrainCommand(),
  },
  {
    name: 'quantize',
    summary: 'calibrate weights for int8',
    load: async () => (await import('./quantize.js')).createQuantizeCommand(),
  },
  {
    name: 'export',
    summary: 'write a network as an ONNX file for other runtimes',
    load: async () => (await import('./export.js')).createExportCommand(),
  },
  {
    name: 'doctor',
    summary: 'what is there of ffmpeg, engines, hardware and weights, and how to get the rest',
    load: async () => (await import('./doctor.js')).createDoctorCommand(),
  },
  {
    name: 'benchmark',
    summary: 'time engines, the pipeline and the paper’s Table 6 against others on the same work',
    load: async () => (await import('./benchmark.js')).createBenchmarkCommand(),
  },
];
