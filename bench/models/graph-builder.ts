import { type Attribute, attributeTypes, dataTypes, encodeModel, type Node, type TensorData } from "./onnx.js";
import { Random } from "./random.js";

/** Writes an ONNX model of one input and one output, `logits`, node by node. Values go by the names it gives them. */
export class GraphBuilder {
  readonly #random: Random;
  readonly #nodes: Node[] = [];
  readonly #tensors: TensorData[] = [];

  /** @param seed of the weights: the same seed gives the same file */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Adds a node. @returns the name of its output */
  node(opType: string, input: readonly string[], attributes: Record<string, number | readonly number[]> = {}): string {
    const output = `${opType}_${this.#nodes.length}`;
    this.#nodes.push({ opType, input, output: [output], attribute: Object.entries(attributes).map(attribute) });
    return output;
  }

  /** A weight that keeps the size of what flows through: uniform with variance 2 / fanIn, for ReLU. */
  weight(dims: readonly number[], fanIn: number): string {
    return this.#floats(dims, this.#random.floats(size(dims), Math.sqrt(6 / fanIn)));
  }

  /** A small bias. */
  bias(count: number): string {
    return this.#floats([count], this.#random.floats(count, 0.1));
  }

  constant(dims: readonly number[], value: number): string {
    return this.#floats(dims, new Float32Array(size(dims)).fill(value));
  }

  /** A shape, for Reshape. */
  integers(values: readonly number[]): string {
    return this.#tensor([values.length], dataTypes.int64, BigInt64Array.from(values, BigInt));
  }

  /** `x` [rows, inputs] to [rows, outputs]. */
  dense(x: string, inputs: number, outputs: number): string {
    return this.node("Gemm", [x, this.weight([outputs, inputs], inputs), this.bias(outputs)], { transB: 1 });
  }

  /**
   * The file. Its batch dimension is open.
   * @param logits the value that becomes the output, which has `classes` columns
   */
  build(input: string, rowShape: readonly (number | string)[], logits: string, classes: number): Uint8Array {
    return encodeModel({
      name: "bench",
      node: [...this.#nodes, { opType: "Identity", input: [logits], output: ["logits"], attribute: [] }],
      initializer: this.#tensors,
      input: [{ name: input, dims: ["batch", ...rowShape] }],
      output: [{ name: "logits", dims: ["batch", classes] }],
    });
  }

  #floats(dims: readonly number[], values: Float32Array): string {
    return this.#tensor(dims, dataTypes.float, values);
  }

  #tensor(dims: readonly number[], dataType: number, values: ArrayBufferView): string {
    const name = `tensor_${this.#tensors.length}`;
    // ONNX stores raw data little-endian, as every machine that runs this does.
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#tensors.push({ name, dims, dataType, rawData });
    return name;
  }
}

function attribute([name, value]: [string, number | readonly number[]]): Attribute {
  if (typeof value !== "number") return { name, type: attributeTypes.ints, ints: value };
  return { name, type: attributeTypes.int, i: value };
}

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
