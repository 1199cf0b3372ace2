import { GraphBuilder } from "./graph-builder.js";

const tokens = 32;
const width = 64;
const layers = 2;
const heads = 2;
const hidden = 4 * width;

/** An encoder over 32 tokens of 64 features: 2 layers of 2 heads, normalised first, mean over tokens, 102,802 parameters. */
export function transformer(seed: number): Uint8Array {
  const graph = new GraphBuilder(seed);
  let x = graph.node("Add", ["tokens", graph.weight([1, tokens, width], width)]);
  for (let layer = 0; layer < layers; layer++) {
    x = graph.node("Add", [x, attention(graph, normalised(graph, x))]);
    x = graph.node("Add", [x, feedForward(graph, normalised(graph, x))]);
  }
  const mean = graph.node("ReduceMean", [normalised(graph, x)], { axes: [1], keepdims: 0 });
  return graph.build("tokens", [tokens, width], graph.dense(mean, width, 10), 10);
}

function normalised(graph: GraphBuilder, x: string): string {
  return graph.node("LayerNormalization", [x, graph.constant([width], 1), graph.bias(width)], { axis: -1 });
}

/** `x` [rows, tokens, inputs] to [rows, tokens, outputs]. */
function project(graph: GraphBuilder, x: string, inputs: number, outputs: number): string {
  return graph.node("Add", [graph.node("MatMul", [x, graph.weight([inputs, outputs], inputs)]), graph.bias(outputs)]);
}

function attention(graph: GraphBuilder, x: string): string {
  const headWidth = width / heads;
  // 0 keeps the batch dimension as it is.
  const split = graph.integers([0, tokens, heads, headWidth]);
  const head = (perm: readonly number[]): string =>
    graph.node("Transpose", [graph.node("Reshape", [project(graph, x, width, width), split])], { perm });
  const query = head([0, 2, 1, 3]);
  const key = head([0, 2, 3, 1]);
  const value = head([0, 2, 1, 3]);
  const scores = graph.node("Mul", [graph.node("MatMul", [query, key]), graph.constant([], 1 / Math.sqrt(headWidth))]);
  const mixed = graph.node("MatMul", [graph.node("Softmax", [scores], { axis: -1 }), value]);
  const joined = graph.node("Reshape", [
    graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
    graph.integers([0, tokens, width]),
  ]);
  return project(graph, joined, width, width);
}

function feedForward(graph: GraphBuilder, x: string): string {
  return project(graph, gelu(graph, project(graph, x, width, hidden)), hidden, width);
}

/** x (1 + erf(x / sqrt 2)) / 2: opset 17 has no Gelu. */
function gelu(graph: GraphBuilder, x: string): string {
  const erf = graph.node("Erf", [graph.node("Div", [x, graph.constant([], Math.SQRT2)])]);
  const product = graph.node("Mul", [x, graph.node("Add", [erf, graph.constant([], 1)])]);
  return graph.node("Mul", [product, graph.constant([], 0.5)]);
}
