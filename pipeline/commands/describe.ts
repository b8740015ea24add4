import { Command } from 'commander';
import { checkNumber, numeric } from '../options/check.js';
import { parseSize } from '../options/size.js';
import { type CommonOptions, printResult } from './print-result.js';

type Flags = CommonOptions & { readonly size: string; readonly classes: number | string };

/** `segnet-stream describe`: what networks cost, from their layers alone. */
export function createDescribeCommand(): Command {
  return new Command('describe')
    .description(
      'Prints parameters, multiply-adds and the memory that the decoder needs of all networks beside the published figures, or one network layer by layer.',
    )
    .argument('[network]', 'one network, with its layers')
    .option('--size <WxH>', 'picture size', '480x360')
    .option('--classes <n>', 'number of classes', numeric, 11)
    .addHelpText('after', EXAMPLES)
    .action(async (network: string | undefined, flags: Flags) => {
      const { describe, renderDescriptions } = await import('../describe.js');
      const size = parseSize('--size', flags.size);
      const classes = checkNumber('--classes', flags.classes, { min: 2, max: 255, integer: true });
      const descriptions = describe({ size, classes, ...(network !== undefined && { network }) });
      printResult(flags, descriptions, renderDescriptions(descriptions));
    });
}

const EXAMPLES = `
Examples:
  segnet-stream describe
  segnet-stream describe segnet-basic
  segnet-stream describe enet --size 1024x512 --classes 19
  segnet-stream describe --json`;
