import protobuf from 'protobufjs';

/** The element types of the graphs, by name, with their numbers in ONNX. */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;

/** An element type of an ONNX tensor. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A constant of the graph; `data` holds its elements in row-major order. */
export interface Initialiser {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;
}

/** An operator's attribute. Numbers and lists of numbers become integers in ONNX; a float is marked as such. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One operator call. */
export interface OnnxNode {
  readonly opType: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph input or output. A dimension given as a name is free. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** An ONNX file's contents. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly Initialiser[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Operator set versions by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** IR version 8 belongs to operator set 18, which ONNX Runtime 1.14, OpenVINO 2023 and later can read. */
const IR_VERSION = 8;

const field = (type: string, id: number) => ({ type, id });
const list = (type: string, id: number) => ({ rule: 'repeated', type, id });

/**
 * onnx.proto is proto2. With proto3, protobufjs would omit a number that is 0, and readers that check for its presence would
 * use their own default (OpenCV reads a missing `keepdims=0` as 1).
 */
const message = (fields: protobuf.IType['fields']): protobuf.IType => ({ edition: 'proto2', fields });

/** The part of onnx.proto that is written. Field numbers are those of github.com/onnx/onnx. */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: field('int64', 1),
      producerName: field('string', 2),
      graph: field('GraphProto', 7),
      opsetImport: list('OperatorSetIdProto', 8),
      metadataProps: list('StringStringEntryProto', 14),
    }),
    OperatorSetIdProto: message({ domain: field('string', 1), version: field('int64', 2) }),
    StringStringEntryProto: message({ key: field('string', 1), value: field('string', 2) }),
    GraphProto: message({
      node: list('NodeProto', 1),
      name: field('string', 2),
      initializer: list('TensorProto', 5),
      input: list('ValueInfoProto', 11),
      output: list('ValueInfoProto', 12),
    }),
    NodeProto: message({
      input: list('string', 1),
      output: list('string', 2),
      name: field('string', 3),
      opType: field('string', 4),
      attribute: list('AttributeProto', 5),
      domain: field('string', 7),
    }),
    AttributeProto: message({
      name: field('string', 1),
      f: field('float', 2),
      i: field('int64', 3),
      s: field('bytes', 4),
      ints: list('int64', 8),
      type: field('int32', 20),
    }),
    TensorProto: message({
      dims: list('int64', 1),
      dataType: field('int32', 2),
      name: field('string', 8),
      rawData: field('bytes', 9),
    }),
    ValueInfoProto: message({ name: field('string', 1), type: field('TypeProto', 2) }),
    TypeProto: message({ tensorType: field('TensorTypeProto', 1) }),
    TensorTypeProto: message({ elemType: field('int32', 1), shape: field('TensorShapeProto', 2) }),
    TensorShapeProto: message({ dim: list('DimensionProto', 1) }),
    DimensionProto: message({ dimValue: field('int64', 1), dimParam: field('string', 2) }),
  },
});

/** Encodes a model as the bytes of an `.onnx` file, with its constants inside. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const type = root.lookupType('ModelProto');
  return type
    .encode({
      irVersion: IR_VERSION,
      producerName: 'segnet-stream',
      opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version })),
      metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: model.name,
        node: model.nodes.map((node, i) => ({
          name: `${node.opType}_${i}`,
          opType: node.opType,
          domain: node.domain,
          input: node.inputs,
          output: node.outputs,
          attribute: Object.entries(node.attributes).map(([name, value]) => ({ name, ...attributeFields(value) })),
        })),
        initializer: model.initialisers.map(({ name, type: elementType, shape, data }) => ({
          name,
          dims: shape,
          dataType: ELEMENT_TYPES[elementType],
          rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
        input: model.inputs.map(valueFields),
        output: model.outputs.map(valueFields),
      },
    })
    .finish();
}

function attributeFields(value: Attribute) {
  if (typeof value === 'string') return { s: Buffer.from(value), type: 3 };
  if (typeof value === 'number') return { i: value, type: 2 };
  if ('float' in value) return { f: value.float, type: 1 };
  return { ints: value, type: 7 };
}

function valueFields({ name, type, shape }: OnnxValue) {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}
