import { Command } from 'commander';
import { createEnginesCommand } from '../benchmark/engines/engines-command.js';
import { createFrontierCommand } from '../benchmark/frontier/frontier-command.js';
import { createPipelineCommand } from '../benchmark/pipeline/pipeline-command.js';
import { createScalingCommand } from '../benchmark/scaling/scaling-command.js';
import { createServeCommand } from '../benchmark/serve/serve-command.js';
import { createTable6Command } from '../benchmark/table6/table6-command.js';
import { createTrainingCommand } from '../benchmark/training/training-command.js';

/** `segnet-stream benchmark`: measures engines and pipeline, compared with alternatives. */
export function createBenchmarkCommand(): Command {
  return new Command('benchmark')
    .description(
      'Measures engines, the pipeline, the columns of the paper’s Table 6 and how cost grows, each against others on the same work in the same run. For a quiet machine.',
    )
    .addCommand(createEnginesCommand())
    .addCommand(createPipelineCommand())
    .addCommand(createTable6Command())
    .addCommand(createScalingCommand())
    .addCommand(createServeCommand())
    .addCommand(createFrontierCommand())
    .addCommand(createTrainingCommand())
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = `
Examples:
  segnet-stream benchmark engines --networks segnet-basic,segnet --size 480x352
  segnet-stream benchmark pipeline dashcam.mp4
  segnet-stream benchmark table6 --json
  segnet-stream benchmark scaling --pictures docs/figures
  segnet-stream benchmark frontier runs/*/best.safetensors --images camvid/val --labels camvid/valannot
  segnet-stream benchmark engines --help

Peers (PyTorch, OpenVINO, OpenCV, ONNX Runtime for Python) are timed where they are installed, which
sh pipeline/benchmark/peers/setup.sh does in a clone.`;
