import type { Conv, Deconv, Layer } from '../layer.js';

/** Settings of a convolution that differ from the common ones (stride 1, dense, no bias). */
export type ConvOptions = Partial<Pick<Conv, 'stride' | 'dilation' | 'groups' | 'bias'>>;
type DeconvOptions = Partial<Pick<Deconv, 'bias' | 'initial' | 'learnt'>>;

/**
 * Collects the layers of a network. Each call appends a layer and returns its name, for later layers that read from it. The
 * builder chooses the names, so that weights files stay valid.
 */
export class LayerList {
  readonly layers: Layer[] = [{ op: 'input', name: 'image', channels: 3 }];

  /** A square (`kernel` a number) or rectangular ([rows, columns]) convolution. */
  conv(
    name: string,
    from: string,
    filters: number,
    kernel: number | readonly [number, number],
    options: ConvOptions = {},
  ) {
    const window = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
    return this.#append({
      op: 'conv',
      name,
      from,
      filters,
      kernel: window,
      stride: 1,
      dilation: 1,
      groups: 1,
      bias: false,
      ...options,
    });
  }

  /** A square transposed convolution that upsamples to the size of the layer `like`. */
  deconv(
    name: string,
    from: string,
    filters: number,
    kernel: number,
    stride: number,
    like: string,
    options: DeconvOptions = {},
  ) {
    const common = { bias: false, initial: 'he', learnt: true } as const;
    return this.#append({
      op: 'deconv',
      name,
      from,
      filters,
      kernel: [kernel, kernel],
      stride,
      like,
      ...common,
      ...options,
    });
  }

  maxPool(name: string, from: string, kernel = 2, stride = 2) {
    return this.#append({ op: 'maxPool', name, from, kernel, stride });
  }

  maxUnpool(name: string, from: string, indicesOf: string) {
    return this.#append({ op: 'maxUnpool', name, from, indicesOf });
  }

  batchNorm(name: string, from: string, epsilon = 1e-5) {
    return this.#append({ op: 'batchNorm', name, from, epsilon });
  }

  relu(name: string, from: string) {
    return this.#append({ op: 'relu', name, from });
  }

  prelu(name: string, from: string) {
    return this.#append({ op: 'prelu', name, from });
  }

  add(name: string, left: string, right: string) {
    return this.#append({ op: 'add', name, from: [left, right] });
  }

  concat(name: string, from: readonly string[]) {
    return this.#append({ op: 'concat', name, from });
  }

  resizeBilinear(name: string, from: string, like: string) {
    return this.#append({ op: 'resizeBilinear', name, from, like });
  }

  padChannels(name: string, from: string, channels: number) {
    return this.#append({ op: 'padChannels', name, from, channels });
  }

  dropout(name: string, from: string, rate: number, spatial = false) {
    return this.#append({ op: 'dropout', name, from, rate, spatial });
  }

  /** conv + batch norm + ReLU, the unit of SegNet, DeconvNet and U-Net; the layers are NAME, NAME_bn and NAME_relu. */
  convBnRelu(name: string, from: string, filters: number, kernel: number) {
    return this.relu(`${name}_relu`, this.batchNorm(`${name}_bn`, this.conv(name, from, filters, kernel)));
  }

  /** conv with bias + ReLU, the unit of VGG16 and the networks derived from it. */
  convRelu(name: string, from: string, filters: number, kernel: number, dilation = 1) {
    return this.relu(`${name}_relu`, this.conv(name, from, filters, kernel, { dilation, bias: true }));
  }

  #append(layer: Layer): string {
    this.layers.push(layer);
    return layer.name;
  }
}
