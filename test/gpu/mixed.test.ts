/** Rows that go from device to device. */
import { device } from "../../bench/lib/device.js";
import { type Case, digits, perceptrons } from "./cases.js";
import { deviceTest } from "./device-test.js";
import type { Device } from "./package.js";
import { on, open } from "./placement.js";
import { Reference } from "./reference.js";

const patterns: readonly { readonly of: Case; readonly devices: readonly Device[] }[] = [
  { of: digits, devices: [device, "cpu", device] },
  { of: digits, devices: ["cpu", device, "cpu"] },
  { of: digits, devices: ["cpu", "cpu", device] },
  { of: perceptrons, devices: [device, "cpu"] },
  { of: perceptrons, devices: ["cpu", device] },
];

for (const { of, devices } of patterns) {
  deviceTest(`${of.name}: tiers on ${devices.join(", ")} give the CPU's answers`, async (note) => {
    const reference = await Reference.of(of);
    const cascade = await open(on(of.spec, devices));
    const differing = reference.differing(await cascade.runBatch(of.rows));
    await cascade.close();
    note(`${of.count} rows: ${reference.closeRows} close, ${differing} of these differ`);
  });
}
