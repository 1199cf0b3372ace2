/** A worker of `WorkerPool`: rows in, labels out. */
import { parentPort } from "node:worker_threads";
import { digitsSpec } from "./digits.js";
import { JsCascade } from "./js-cascade.js";

const cascade = await JsCascade.open(digitsSpec(), "one");
parentPort?.on("message", (rows: Float32Array) => {
  void cascade.run(rows).then((labels) => parentPort?.postMessage(labels, [labels.buffer as ArrayBuffer]));
});
parentPort?.postMessage("ready");
