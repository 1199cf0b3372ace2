/** Ends while batches run. */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { perceptrons } from "./cases.js";
import { deviceTest } from "./device-test.js";
import type { BatchAnswer, QuorateError } from "./package.js";
import { on, open } from "./placement.js";
import { Reference } from "./reference.js";

const batches = 32;

/** How many rows of a call have their answer; each of the others must say that the cascade was closed. */
function answeredRows(call: PromiseSettledResult<BatchAnswer>, reference: Reference): number {
  if (call.status === "rejected") {
    strictEqual((call.reason as QuorateError).code, "QUORATE_ERR_CLOSED");
    return 0;
  }
  let answered = 0;
  for (const [i, label] of call.value.label.entries()) {
    const { error } = call.value.at(i);
    if (error !== null) strictEqual(error.code, "QUORATE_ERR_CLOSED");
    else {
      reference.isSame(i, label, call.value.tierIndex[i] ?? 0);
      answered++;
    }
  }
  return answered;
}

deviceTest(
  "close() without patience ends every call: its rows are answered, or say that it was closed",
  async (note) => {
    const reference = await Reference.of(perceptrons);
    const cascade = await open(on(perceptrons.spec));
    const calls = Array.from({ length: batches }, () => cascade.runBatch(perceptrons.rows));
    await calls[0];
    const [ended] = await Promise.all([Promise.allSettled(calls), cascade.close({ drainMs: 0 })]);
    const answered = ended.reduce((sum, call) => sum + answeredRows(call, reference), 0);
    note(`${answered} of ${batches * perceptrons.count} rows answered`);
    ok(answered < batches * perceptrons.count, "nothing was left to close");
  },
);

deviceTest("close() with patience answers every batch, and the models can be loaded again", async () => {
  const reference = await Reference.of(perceptrons);
  for (let i = 0; i < 2; i++) {
    const cascade = await open(on(perceptrons.spec));
    const calls = [1, 2, 3].map(() => cascade.runBatch(perceptrons.rows));
    await cascade.close({ drainMs: 60_000 });
    for (const call of calls) reference.differing(await call);
  }
});

for (const how of ["exit", "end", "terminate"]) {
  deviceTest(`a process that meets its end mid-batch (${how}) ends well`, async () => {
    const child = fork(join(import.meta.dirname, "ending.js"), [how]);
    deepStrictEqual(await once(child, "exit"), [0, null]);
  });
}
