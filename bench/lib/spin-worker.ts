/** A busy thread: the floor of the loop-delay suite. */
import { parentPort } from "node:worker_threads";

parentPort?.postMessage("ready");
for (let x = 0; x >= 0; x = (x + 1) & 0xffff);
