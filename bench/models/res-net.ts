import { GraphBuilder } from "./graph-builder.js";

const stages = [16, 32, 64];
const blocksPerStage = 2;
/** Makes the weights of a block's second convolution smaller, so that what flows does not grow from block to block. */
const branchScale = 8;

interface Convolution {
  readonly inputs: number;
  readonly outputs: number;
  readonly side: number;
  readonly stride: number;
  readonly scale?: number;
}

/**
 * Images of 3x32x32: a residual net of 3 stages of 2 blocks of two 3x3 convolutions, 16, 32 and 64 channels wide, mean
 * over the image, and a dense layer: 174,698 parameters.
 */
export function resNet(seed: number): Uint8Array {
  const graph = new GraphBuilder(seed);
  let inputs = stages[0] ?? 0;
  let x = graph.node("Relu", [convolution(graph, "image", { inputs: 3, outputs: inputs, side: 3, stride: 1 })]);
  for (const [stage, outputs] of stages.entries()) {
    for (let block = 0; block < blocksPerStage; block++) {
      x = residual(graph, x, inputs, outputs, stage > 0 && block === 0 ? 2 : 1);
      inputs = outputs;
    }
  }
  const mean = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])], { axis: 1 });
  return graph.build("image", [3, 32, 32], graph.dense(mean, inputs, 10), 10);
}

/** Two convolutions around which `x` goes too; where the shape changes, through a convolution of 1x1. */
function residual(graph: GraphBuilder, x: string, inputs: number, outputs: number, stride: number): string {
  const first = graph.node("Relu", [convolution(graph, x, { inputs, outputs, side: 3, stride })]);
  const branch = convolution(graph, first, { inputs: outputs, outputs, side: 3, stride: 1, scale: branchScale });
  const same = inputs === outputs && stride === 1;
  const around = same ? x : convolution(graph, x, { inputs, outputs, side: 1, stride });
  return graph.node("Relu", [graph.node("Add", [branch, around])]);
}

function convolution(graph: GraphBuilder, x: string, shape: Convolution): string {
  const { inputs, outputs, side, stride, scale = 1 } = shape;
  const weight = graph.weight([outputs, inputs, side, side], side * side * inputs * scale);
  const edge = (side - 1) / 2;
  return graph.node("Conv", [x, weight, graph.bias(outputs)], {
    kernel_shape: [side, side],
    strides: [stride, stride],
    pads: [edge, edge, edge, edge],
  });
}
