import { GraphBuilder } from "./graph-builder.js";

const widths = [784, 256, 256, 10];

/** A perceptron 784-256-256-10 with ReLU between its layers: 269,322 parameters. */
export function mlp(seed: number): Uint8Array {
  const graph = new GraphBuilder(seed);
  let x = "features";
  for (let layer = 1; layer < widths.length; layer++) {
    if (layer > 1) x = graph.node("Relu", [x]);
    x = graph.dense(x, widths[layer - 1] ?? 0, widths[layer] ?? 0);
  }
  return graph.build("features", [784], x, 10);
}
