import { GraphBuilder } from "./graph-builder.js";

/** Features of a token; the first is 1, and 0 where there is only padding: the mask. */
export const tokenFeatures = 32;

const width = 64;
const layers = 2;
const hidden = 4 * width;

/** An encoder over as many tokens as a row has: 2 layers of one head, which heeds the mask, and the mean over tokens. */
export function textTransformer(seed: number): Uint8Array {
  const graph = new GraphBuilder(seed);
  // [rows, tokens, 1], 1 for a token and 0 for padding.
  const mask = graph.node("Gather", ["tokens", graph.integers([0])], { axis: 2 });
  const absent = graph.node("Sub", [mask, graph.constant([], 1)]);
  const bias = graph.node("Transpose", [graph.node("Mul", [absent, graph.constant([], 1e9)])], { perm: [0, 2, 1] });
  let x = project(graph, "tokens", tokenFeatures, width);
  for (let layer = 0; layer < layers; layer++) {
    x = graph.node("Add", [x, attention(graph, normalised(graph, x), bias)]);
    x = graph.node("Add", [x, feedForward(graph, normalised(graph, x))]);
  }
  const heeded = graph.node("Mul", [normalised(graph, x), mask]);
  const sum = (value: string): string => graph.node("ReduceSum", [value, graph.integers([1])], { keepdims: 0 });
  const mean = graph.node("Div", [sum(heeded), sum(mask)]);
  return graph.build("tokens", ["tokens", tokenFeatures], graph.dense(mean, width, 10), 10);
}

function normalised(graph: GraphBuilder, x: string): string {
  return graph.node("LayerNormalization", [x, graph.constant([width], 1), graph.bias(width)], { axis: -1 });
}

function project(graph: GraphBuilder, x: string, inputs: number, outputs: number): string {
  return graph.node("Add", [graph.node("MatMul", [x, graph.weight([inputs, outputs], inputs)]), graph.bias(outputs)]);
}

function attention(graph: GraphBuilder, x: string, bias: string): string {
  const [query = "", key = "", value = ""] = ["query", "key", "value"].map(() => project(graph, x, width, width));
  const keys = graph.node("Transpose", [key], { perm: [0, 2, 1] });
  const scores = graph.node("Mul", [graph.node("MatMul", [query, keys]), graph.constant([], 1 / Math.sqrt(width))]);
  const weights = graph.node("Softmax", [graph.node("Add", [scores, bias])], { axis: -1 });
  return project(graph, graph.node("MatMul", [weights, value]), width, width);
}

function feedForward(graph: GraphBuilder, x: string): string {
  return project(graph, graph.node("Relu", [project(graph, x, width, hidden)]), hidden, width);
}
