import { Command } from 'commander';
import { checkChoice, checkEnding } from '../../model/check-option.js';
import { Failure } from '../../model/failure.js';
import { flagOf } from '../options/flag.js';
import { parseSize } from '../options/size.js';
import { type CommonOptions, printResult } from '../print-result.js';

interface Flags extends CommonOptions {
  readonly output: string;
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
    .argument('[weights]', 'safetensors file, the same as by --weights')
    .requiredOption('-o, --output <file>', 'the ONNX file')
    .option('--network <name>', 'a network whose weights come with the package (default: segnet-lite)')
    .option('--weights <file>', 'safetensors file (default: the one that comes with the package for the network)')
    .option('--size <WxH>', 'picture size (default: the one that the weights are for)')
    .option('--precision <name>', `${precisionNames.join(' or ')}; int8 is for ONNX Runtime alone`, 'float32')
    .option('--scores', 'give float class scores in place of masks')
    .option('--reduced-range', 'int8 weights of 7 bits, for x86 processors without VNNI, which overflow with 8')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, flags: Flags) => {
      if (file !== undefined && flags.weights !== undefined) {
        throw new Failure('OPTION_INVALID', `Expected one file of weights, got ${file} and ${flags.weights}`);
      }
      const precision = checkChoice('--precision', flags.precision, precisionNames);
      if (flags.reducedRange && precision !== 'int8') {
        throw new Failure(
          'OPTION_INVALID',
          'Expected --reduced-range with --precision int8 alone: it is of int8 weights',
        );
      }
      checkEnding('--output', flags.output, '.onnx');
      const size = flags.size === undefined ? {} : parseSize('--size', flags.size);
      const [{ exportOnnx }, { findWeights }] = await Promise.all([
        import('../../model/onnx/export.js'),
        import('../options/find-weights.js'),
      ]);
      const { path, weights } = await findWeights({ ...flags, weights: file ?? flags.weights }, flagOf);
      const output = flags.scores ? 'scores' : 'mask';
      await exportOnnx(flags.output, weights, { ...size, precision, output, reducedRange: flags.reducedRange });
      const result = { output: flags.output, weights: path, network: weights.card.network, precision, gives: output };
      printResult(flags, result, `${path} -> ${flags.output} (${weights.card.network}, ${precision})`);
    });
}

const EXAMPLES = `
Examples:
  segnet-stream export -o segnet-lite.onnx
  segnet-stream export runs/basic/best.safetensors --size 480x360 -o basic.onnx
  segnet-stream export --network segnet-basic --precision int8 -o segnet-basic-int8.onnx`;
