import { setTimeout as sleep } from "node:timers/promises";
import { device, trialWithoutDevice } from "../lib/device.js";
import { deviceSpec, perceptrons, randomRows } from "../lib/device-cascades.js";
import { quorate } from "../lib/quorate.js";
import type { Suite } from "../lib/suite.js";
import { keepInFlight, lateness, ticksDuring } from "../lib/ticks.js";

const batchRows = 4096;
/** The delay that is allowed. */
const allowedMs = 2;
const lateness999 = `p99.9: quorate / ${allowedMs} ms`;

export const deviceLoopDelay: Suite = {
  name: "device-loop-delay",
  question: `How late do timers fire while a device (${device}) infers?`,
  targets: [{ ratio: lateness999, atMost: 1 }],
  notes: [
    "Time between two ticks of `setInterval(…, 1)`, that 1 ms included, with two runBatch calls of " +
      `${batchRows.toLocaleString("en-US")} rows of the perceptrons of \`device\` in flight. Left out without the device.`,
  ],
  async run(smoke) {
    const leftOut = await trialWithoutDevice();
    if (leftOut !== undefined) return leftOut;
    const turnMs = smoke ? 200 : 5000;
    const of = perceptrons();
    const rows = randomRows(of, batchRows);
    const cascade = await quorate.Cascade.fromSpec(deviceSpec(of.tiers, device, 256));
    const idle = lateness(await ticksDuring(() => sleep(turnMs)));
    await cascade.runBatch(rows);
    const busy = lateness(await ticksDuring(() => keepInFlight(() => cascade.runBatch(rows), 2, turnMs)));
    await cascade.close();
    return {
      figures: { idle, quorate: busy },
      ratios: { [lateness999]: (busy["p99.9 ms"] ?? Number.NaN) / allowedMs },
    };
  },
};
