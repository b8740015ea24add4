import { Command } from 'commander';
import { checkChoice, checkEnding } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { flagOf } from '../options/flag.js';
import { parseSize } from '../options/size.js';
import { type CommonOptions, printResult } from './print-result.js';

interface Flags extends CommonOptions {
  readonly output?: string;
  readonly network?: string;
  readonly weights?: string;
  readonly size?: string;
  readonly precision: string;
  readonly scores?: boolean;
  readonly reducedRange?: boolean;
}

const precisionNames = ['float32', 'int8'] as const;

/** `segnet-stream export`: writes a network as an ONNX file. */
export function createExportCommand(): Command {
  return new Command('export')
    .description(
      'Writes a network with its weights as an ONNX file: uint8 RGB pictures in, uint8 class masks out. In float32 it is made of standard operators that any runtime reads.',
    )
    .argument('[file]')
    .usage('[options]')
    .option('-o, --output <file>', 'the ONNX file (required)')
    .option('--network <name>', 'a network whose weights come with the package (default: segnet-lite)')
    .option('--weights <file>', 'safetensors file (default: the one that comes with the package for the network)')
    .option('--size <WxH>', 'picture size (default: the one that the weights are for)')
    .option('--precision <name>', `${precisionNames.join(' or ')}; int8 is for ONNX Runtime alone`, 'float32')
    .option('--scores', 'give float class scores in place of masks')
    .option('--reduced-range', 'int8 weights of 7 bits, for x86 processors without VNNI, which overflow with 8')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, { output: path, ...flags }: Flags, command: Command) => {
      // The help has no such argument: who gives weights without their option is told so, before the output that may lack as well.
      if (file !== undefined) {
        const message = `Expected the weights by --weights and the ONNX file by --output, got the argument ${file}`;
        command.error(message, { code: 'commander.excessArguments' });
      }
      if (path === undefined) {
        const message = "Required option '-o, --output <file>' not specified";
        command.error(message, { code: 'commander.missingMandatoryOptionValue' });
      }
      const precision = checkChoice('--precision', flags.precision, precisionNames);
      if (flags.reducedRange && precision !== 'int8') {
        throw new Failure(
          'OPTION_INVALID',
          'Expected --reduced-range with --precision int8 alone: it is of int8 weights',
        );
      }
      checkEnding('--output', path, '.onnx');
      const size = flags.size === undefined ? {} : parseSize('--size', flags.size);
      const [{ exportOnnx }, { findWeights }] = await Promise.all([
        import('../../model/onnx/export.js'),
        import('../options/find-weights.js'),
      ]);
      const { path: weightsPath, weights } = await findWeights(flags, flagOf);
      const output = flags.scores ? 'scores' : 'mask';
      await exportOnnx(path, weights, { ...size, precision, output, reducedRange: flags.reducedRange });
      const result = { output: path, weights: weightsPath, network: weights.card.network, precision, gives: output };
      printResult(flags, result, `${weightsPath} -> ${path} (${weights.card.network}, ${precision})`);
    });
}

const EXAMPLES = `
Examples:
  segnet-stream export -o segnet-lite.onnx
  segnet-stream export --weights runs/basic/best.safetensors --size 480x360 -o basic.onnx
  segnet-stream export --network segnet-basic --precision int8 -o segnet-basic-int8.onnx`;
