/** A process that ends while a batch runs: by exit(), by itself, or after it has ended a worker that ran one. */
import { setImmediate } from "node:timers/promises";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { perceptrons } from "./cases.js";
import { quorate } from "./package.js";
import { on } from "./placement.js";

const how = process.argv[2];

if (isMainThread && how === "terminate") {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.once("message", resolve));
  await worker.terminate();
} else {
  const cascade = await quorate.Cascade.fromSpec(on(perceptrons.spec));
  await cascade.runBatch(perceptrons.rows);
  void cascade.runBatch(perceptrons.rows).catch(() => undefined);
  await setImmediate();
  parentPort?.postMessage("running");
  if (how === "exit") process.exit(0);
}
