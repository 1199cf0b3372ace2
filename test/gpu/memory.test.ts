/** What was loaded and run leaves nothing behind. */
import { ok } from "node:assert/strict";
import { perceptrons, residualNets } from "./cases.js";
import { deviceTest } from "./device-test.js";
import { growthMiB, measuredBy } from "./memory.js";
import { on, open } from "./placement.js";
import { Reference } from "./reference.js";

/** What allocators may keep. A load has 5 MiB of models: those of 75 loads, if they stayed, would be 375. */
const allowedMiB = 96;

deviceTest("memory does not grow over 100 loads and closes", async (note) => {
  const someRows = perceptrons.rows.subarray(0, perceptrons.rows.length / 8);
  const grown = await growthMiB(100, async () => {
    const cascade = await open(on(perceptrons.spec));
    await cascade.runBatch(someRows);
    await cascade.close();
  });
  note(`${grown.toFixed(1)} MiB more; measured by: ${measuredBy}`);
  ok(grown < allowedMiB, `memory grew by ${grown.toFixed(1)} MiB`);
});

deviceTest("memory does not grow over batches of 16, 7 and 7 rows, again and again", async (note) => {
  const reference = await Reference.of(residualNets);
  const cascade = await open(on(residualNets.spec));
  const rowSize = residualNets.rows.length / residualNets.count;
  let differing = 0;
  const grown = await growthMiB(40, async () => {
    let first = 0;
    for (const count of [16, 7, 7]) {
      const rows = residualNets.rows.subarray(first * rowSize, (first + count) * rowSize);
      const from = first;
      differing += reference.differing(await cascade.runBatch(rows), (i) => from + i);
      first += count;
    }
  });
  await cascade.close();
  note(`${grown.toFixed(1)} MiB more, ${differing} answers differ; measured by: ${measuredBy}`);
  ok(grown < allowedMiB, `memory grew by ${grown.toFixed(1)} MiB`);
});
