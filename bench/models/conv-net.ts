import { GraphBuilder } from "./graph-builder.js";

const channels = [1, 16, 32, 64];
const hidden = 64;

/** Images of 28x28: three 3x3 convolutions, the first two with pooling, and two dense layers: 224,714 parameters. */
export function convNet(seed: number): Uint8Array {
  const graph = new GraphBuilder(seed);
  let x = "image";
  let side = 28;
  for (let layer = 1; layer < channels.length; layer++) {
    x = graph.node("Relu", [convolution(graph, x, channels[layer - 1] ?? 0, channels[layer] ?? 0)]);
    if (layer === channels.length - 1) break;
    x = graph.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    side /= 2;
  }
  const features = side * side * (channels.at(-1) ?? 0);
  x = graph.node("Relu", [graph.dense(graph.node("Flatten", [x], { axis: 1 }), features, hidden)]);
  return graph.build("image", [1, 28, 28], graph.dense(x, hidden, 10), 10);
}

function convolution(graph: GraphBuilder, x: string, inputs: number, outputs: number): string {
  const inputsOfOne = 9 * inputs;
  return graph.node("Conv", [x, graph.weight([outputs, inputs, 3, 3], inputsOfOne), graph.bias(outputs)], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  });
}
