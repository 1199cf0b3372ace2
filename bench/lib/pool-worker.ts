/** A worker of `WorkerPool`: first the size of a row, then labels for rows. */
import { parentPort, workerData } from "node:worker_threads";
import type { CascadeSpec } from "./cascade-spec.js";
import { JsCascade } from "./js-cascade.js";

const cascade = await JsCascade.open(workerData as CascadeSpec, "one");
parentPort?.on("message", (rows: Float32Array) => {
  void cascade.run(rows).then((labels) => parentPort?.postMessage(labels, [labels.buffer as ArrayBuffer]));
});
parentPort?.postMessage(cascade.rowSize);
