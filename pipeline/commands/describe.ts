import { Command } from 'commander';
import { checkNumber } from '../../model/check-option.js';
import { CLASS_LIMITS } from '../../model/classes.js';
import { flagOf } from '../options/flag.js';
import { numeric } from '../options/numeric.js';
import { parseSize } from '../options/size.js';
import { type CommonOptions, printResult } from '../print-result.js';

type Flags = CommonOptions & {
  readonly size: string;
  readonly classes: number | string;
  readonly card?: boolean;
  readonly weights?: string;
};

/** `segnet-stream describe`: describes the cost of networks, and the cards of weights. */
export function createDescribeCommand(): Command {
  return new Command('describe')
    .description(
      'Prints parameters, multiply-adds and the memory that the decoder needs of all networks beside the published figures, or one network layer by layer.',
    )
    .argument('[network]', 'one network, with its layers')
    .option('--size <WxH>', 'picture size', '480x360')
    .option('--classes <n>', 'number of classes', numeric, 11)
    .option(
      '--card',
      'instead, how the weights that come with the package were trained, what they score, and their limits',
    )
    .option('--weights <file>', 'the card of these weights')
    .addHelpText('after', EXAMPLES)
    .action(async (network: string | undefined, flags: Flags) => {
      if (flags.card === true || flags.weights !== undefined) return printCard(network, flags);
      const { describe, renderDescriptions } = await import('../describe.js');
      const size = parseSize('--size', flags.size);
      const classes = checkNumber('--classes', flags.classes, { ...CLASS_LIMITS, integer: true });
      const descriptions = describe({ size, classes, ...(network !== undefined && { network }) });
      printResult(flags, descriptions, renderDescriptions(descriptions));
    });
}

async function printCard(network: string | undefined, flags: Flags): Promise<void> {
  const [{ findWeights }, { renderCard }] = await Promise.all([
    import('../options/find-weights.js'),
    import('../render-card.js'),
  ]);
  const { weights } = await findWeights({ ...flags, ...(network !== undefined && { network }) }, flagOf);
  const { card } = weights;
  printResult(flags, card, renderCard(card));
}

const EXAMPLES = `
Examples:
  segnet-stream describe
  segnet-stream describe segnet-basic
  segnet-stream describe enet --size 1024x512 --classes 19
  segnet-stream describe segnet-lite --card
  segnet-stream describe --weights runs/basic/best.safetensors
  segnet-stream describe --json`;
