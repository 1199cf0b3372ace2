/** A worker that is to be terminated in the middle of a batch. It posts "ready" before. */
import { parentPort } from "node:worker_threads";
import { Cascade } from "quorate";
import { rowSize } from "./digits.mjs";
import { onnx } from "./program.mjs";

const cascade = await Cascade.builder()
  .tier("large", { members: [onnx("large")] })
  .build();
parentPort?.postMessage("ready");
await cascade.runBatch({ image: new Float32Array(rowSize * 200_000) });
parentPort?.postMessage("done");
