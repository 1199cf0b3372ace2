/** A worker that answers all rows three times over, in a batch and one by one, and posts how often it was right. */
import { parentPort, workerData } from "node:worker_threads";
import { digits } from "./digits.mjs";

/**
 * @typedef {object} Work
 * @property {Float32Array} image
 * @property {Int32Array} expected labels
 * @property {boolean} close or leave the cascade to the worker's end
 */

const { image, expected, close } = /** @type {Work} */ (workerData);
const cascade = await digits();
let right = 0;
for (let pass = 0; pass < 3; pass++) {
  const singles = Array.from(expected, (_, i) => cascade.run({ image: image.slice(i * 64, (i + 1) * 64) }));
  const [batch, ...answers] = await Promise.all([cascade.runBatch({ image }), ...singles]);
  for (const [i, label] of expected.entries()) {
    right += Number(batch.label[i] === label) + Number(answers[i]?.label === label);
  }
}
if (close) await cascade.close();
parentPort?.postMessage(right);
