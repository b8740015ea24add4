import { defineNetwork, type Network } from '../network.js';
import { LayerList } from './layer-list.js';

/** Encoder and decoder depth, filters and kernel of the "Basic" networks (paper, section 3.1). */
const BLOCKS = 4;
const FILTERS = 64;
const KERNEL = 7;

/** How a variant of Table 1 upsamples the smallest maps to the picture's size. */
interface Variant {
  readonly name: string;
  readonly title: string;
  readonly decoder: 'unpool' | 'bilinear' | 'deconv';
  /** SegNet-Basic-EncoderAddition and FCN-Basic: the encoder's maps are added to the decoder's. */
  readonly addition?: boolean;
  /** SegNet-Basic-SingleChannelDecoder: each decoder filter reads one channel. */
  readonly singleChannel?: boolean;
  /** FCN-Basic: the encoder's maps are reduced to one channel per class for the decoder. */
  readonly reduction?: boolean;
}

/** The eight rows of Table 1 as options of one builder. */
export const TABLE_1_VARIANTS: readonly Variant[] = [
  { name: 'bilinear-interpolation', title: 'Bilinear-Interpolation', decoder: 'bilinear', reduction: true },
  { name: 'segnet-basic', title: 'SegNet-Basic', decoder: 'unpool' },
  { name: 'segnet-basic-encoder-addition', title: 'SegNet-Basic-EncoderAddition', decoder: 'unpool', addition: true },
  {
    name: 'segnet-basic-single-channel-decoder',
    title: 'SegNet-Basic-SingleChannelDecoder',
    decoder: 'unpool',
    singleChannel: true,
  },
  { name: 'fcn-basic', title: 'FCN-Basic', decoder: 'deconv', reduction: true, addition: true },
  { name: 'fcn-basic-no-addition', title: 'FCN-Basic-NoAddition', decoder: 'deconv', reduction: true },
  { name: 'fcn-basic-no-dim-reduction', title: 'FCN-Basic-NoDimReduction', decoder: 'deconv', addition: true },
  {
    name: 'fcn-basic-no-addition-no-dim-reduction',
    title: 'FCN-Basic-NoAddition-NoDimReduction',
    decoder: 'deconv',
  },
];

/**
 * SegNet-Basic and its seven variants (paper, section 3.1 and Table 1). All share the encoder: four blocks of a 7x7 convolution
 * without bias, batch norm, ReLU and a 2x2 pool. SegNet-Basic's decoder blocks are unpool, 7x7 convolution without bias and
 * batch norm, **without a ReLU**; EncoderAddition then adds the maps that the encoder pools there. FCN-Basic's decoder blocks
 * upsample by an 8x8/2 transposed convolution that is initialised to bilinear interpolation, and add the pooled maps of that
 * size (Fig. 3), so the last block adds nothing. Without a reduction, a 1x1 convolution turns the last maps into class scores.
 */
export function table1Variant(variant: Variant, classes: number): Network {
  const net = new LayerList();
  const { decoder, addition = false, singleChannel = false, reduction = false } = variant;
  let map = 'image';
  for (let block = 1; block <= BLOCKS; block += 1) {
    map = net.convBnRelu(`conv${block}`, map, FILTERS, KERNEL);
    map = net.maxPool(`pool${block}`, map);
  }

  // The maps of each block before its pool, whose size is restored, and after it.
  const encoded = (block: number) => `conv${block}_relu`;
  const pooled = (block: number) =>
    reduction ? net.conv(`reduce${block}`, `pool${block}`, classes, 1, { bias: true }) : `pool${block}`;
  const skips = new Map<number, string>();
  if (addition && decoder === 'unpool') {
    for (let block = 1; block <= BLOCKS; block += 1) skips.set(block, encoded(block));
  } else if (addition) {
    for (let block = 2; block <= BLOCKS; block += 1) skips.set(block, pooled(block - 1));
  }
  map = pooled(BLOCKS);

  const channels = reduction ? classes : FILTERS;
  const upsample = (block: number, from: string) => {
    if (decoder === 'bilinear') return net.resizeBilinear(`upsample${block}`, from, encoded(block));
    if (decoder === 'unpool') return net.maxUnpool(`upsample${block}`, from, `pool${block}`);
    return net.deconv(`upsample${block}`, from, channels, 8, 2, encoded(block), { initial: 'bilinear' });
  };
  // Fixed bilinear interpolation gains nothing from several steps, so there is one.
  for (let block = decoder === 'bilinear' ? 1 : BLOCKS; block >= 1; block -= 1) {
    map = upsample(block, map);
    if (decoder === 'unpool') {
      const groups = singleChannel ? FILTERS : 1;
      map = net.batchNorm(`conv${block}_d_bn`, net.conv(`conv${block}_d`, map, FILTERS, KERNEL, { groups }));
    }
    const skip = skips.get(block);
    if (skip !== undefined) map = net.add(`add${block}`, map, skip);
  }
  if (!reduction) net.conv('classifier', map, classes, 1, { bias: true });
  const decoderStart = decoder === 'bilinear' ? 'upsample1' : `upsample${BLOCKS}`;
  return defineNetwork({ name: variant.name, title: variant.title, classes, layers: net.layers, decoderStart });
}
