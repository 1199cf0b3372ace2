// Builds what travels to a GPU machine.
//
//   node scripts/gpu-bundle.mjs [--architectures "90-real"] [--source FOLDER] [--test]
//     build/gpu: the kernels, their parity test and their bench.
//   node scripts/gpu-bundle.mjs --e2e [--architectures "90-real"] [--node FILE] [--runtime PATH] [--test]
//     build/gpu-e2e: the whole package with tests and benches of a device. --node and --runtime add what the machine
//     does not have: the program `node`; ONNX Runtime with its CUDA provider, a folder or a .tar.xz.
//
// --test runs what can run here, where there may be no GPU.
import { parseArgs } from "node:util";
import { endToEndBundle } from "./gpu/end-to-end.mjs";
import { kernelsBundle } from "./gpu/kernels.mjs";
import { root } from "./lib/tools.mjs";

const { values } = parseArgs({
  options: {
    e2e: { type: "boolean", default: false },
    architectures: { type: "string", default: "release" },
    source: { type: "string", default: root },
    node: { type: "string" },
    runtime: { type: "string" },
    test: { type: "boolean", default: false },
  },
});
if (values.e2e) await endToEndBundle(values);
else kernelsBundle(values);
