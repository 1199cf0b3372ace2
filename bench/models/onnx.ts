/** The part of ONNX's file format that the bench's models use; field numbers as in onnx.proto. */
import { Root } from "protobufjs/light.js";

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly i?: number;
  readonly ints?: readonly number[];
}

export interface Node {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly Attribute[];
}

export interface TensorData {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** Something that goes in or out: a dimension is a number, or a name where it is open. */
export interface Port {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly node: readonly Node[];
  readonly initializer: readonly TensorData[];
  readonly input: readonly Port[];
  readonly output: readonly Port[];
}

/** Values of TensorProto.DataType and AttributeProto.AttributeType. */
export const dataTypes = { float: 1, int64: 7 } as const;
export const attributeTypes = { int: 2, ints: 7 } as const;

const irVersion = 8;
/** The first with LayerNormalization. */
const opset = 17;

/** The bytes of a `.onnx` file. */
export function encodeModel(graph: Graph): Uint8Array {
  const type = messages.lookupType("ModelProto");
  return type
    .encode({
      irVersion,
      producerName: "quorate-bench",
      opsetImport: [{ domain: "", version: opset }],
      graph: { ...graph, input: graph.input.map(valueInfo), output: graph.output.map(valueInfo) },
    })
    .finish();
}

function valueInfo({ name, dims }: Port): object {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataTypes.float, shape: { dim } } } };
}

const messages = Root.fromJSON({
  options: { edition: "proto2" },
  nested: {
    ModelProto: message({
      irVersion: ["int64", 1],
      producerName: ["string", 2],
      graph: ["GraphProto", 7],
      opsetImport: ["OperatorSetIdProto", 8, "repeated"],
    }),
    OperatorSetIdProto: message({ domain: ["string", 1], version: ["int64", 2] }),
    GraphProto: message({
      node: ["NodeProto", 1, "repeated"],
      name: ["string", 2],
      initializer: ["TensorProto", 5, "repeated"],
      input: ["ValueInfoProto", 11, "repeated"],
      output: ["ValueInfoProto", 12, "repeated"],
    }),
    NodeProto: message({
      input: ["string", 1, "repeated"],
      output: ["string", 2, "repeated"],
      opType: ["string", 4],
      attribute: ["AttributeProto", 5, "repeated"],
    }),
    AttributeProto: message({
      name: ["string", 1],
      i: ["int64", 3],
      ints: ["int64", 8, "repeated"],
      type: ["int32", 20],
    }),
    TensorProto: message({
      dims: ["int64", 1, "repeated"],
      dataType: ["int32", 2],
      name: ["string", 8],
      rawData: ["bytes", 9],
    }),
    ValueInfoProto: message({ name: ["string", 1], type: ["TypeProto", 2] }),
    TypeProto: message({ tensorType: ["TensorTypeProto", 1] }),
    TensorTypeProto: message({ elemType: ["int32", 1], shape: ["TensorShapeProto", 2] }),
    TensorShapeProto: message({ dim: ["DimensionProto", 1, "repeated"] }),
    DimensionProto: message({ dimValue: ["int64", 1], dimParam: ["string", 2] }),
  },
});

function message(fields: Record<string, readonly [type: string, id: number, rule?: "repeated"]>) {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id, rule]]) => [
        name,
        rule === undefined ? { type, id } : { type, id, rule },
      ]),
    ),
  };
}
