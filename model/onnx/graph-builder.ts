import { type Attribute, encodeModel, type Initialiser, type OnnxNode, type OnnxValue } from './proto.js';

/** Collects an ONNX graph: each call adds an operator or a constant and returns the name of its output. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers = new Map<string, Initialiser>();
  #count = 0;

  /** Adds an operator with one output. `opType` may carry a domain: `com.microsoft.QLinearConv`. */
  add(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.addMany(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds an operator with several outputs. */
  addMany(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputCount: number,
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#freshName(opType));
    this.#append(opType, inputs, outputs, attributes);
    return outputs;
  }

  /** Adds an operator whose output has a given name, as outputs of the graph need. */
  addNamed(
    name: string,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#append(opType, inputs, [name], attributes);
  }

  /** A float constant. */
  floats(data: Float32Array | readonly number[], shape: readonly number[]): string {
    return this.constant('float32', data instanceof Float32Array ? data : Float32Array.from(data), shape);
  }

  /** An integer constant, for shapes, axes and sizes. */
  integers(values: readonly number[]): string {
    return this.constant('int64', BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** Adds a constant. Equal small constants are stored once. */
  constant(type: Initialiser['type'], data: Initialiser['data'], shape: readonly number[]): string {
    const name = data.length <= 16 ? `${type}[${shape.join('x')}] ${data.join(' ')}` : this.#freshName('constant');
    this.#initialisers.set(name, { name, type, shape, data });
    return name;
  }

  /** The bytes of the `.onnx` file. */
  encode(graph: {
    readonly name: string;
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly OnnxValue[];
    readonly opsets: Readonly<Record<string, number>>;
    readonly metadata?: Readonly<Record<string, string>>;
  }): Uint8Array {
    return encodeModel({ metadata: {}, ...graph, nodes: this.#nodes, initialisers: [...this.#initialisers.values()] });
  }

  #append(opType: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxNode['attributes']) {
    const dot = opType.lastIndexOf('.');
    this.#nodes.push({
      opType: opType.slice(dot + 1),
      domain: opType.slice(0, Math.max(dot, 0)),
      inputs,
      outputs,
      attributes,
    });
  }

  #freshName(stem: string): string {
    this.#count += 1;
    return `${stem}_${this.#count}`;
  }
}
