import { device, trialWithoutDevice } from "../lib/device.js";
import { type DeviceCascade, deviceCascades, deviceSpec, randomRows } from "../lib/device-cascades.js";
import { type CascadeCounters, quorate, type TierCounters } from "../lib/quorate.js";
import type { Metrics, Suite } from "../lib/suite.js";
import { keepInFlight } from "../lib/ticks.js";

const batchRows = 1024;
const reductionShare = "first tier: reduction / whole batch";

export const deviceTime: Suite = {
  name: "device-time",
  question: `Where does a batch's time go on a device (${device})?`,
  // For members of at least 10 MFLOPs.
  targets: ["residual nets", "transformers"].map((name) => ({ ratio: `${name}, ${reductionShare}`, atMost: 0.03 })),
  notes: [
    `The cascades of \`device\`, two runBatch calls of 4,096 rows in flight, batches of up to ` +
      `${batchRows.toLocaleString("en-US")} rows. Times per batch from the engine's counters, which on a device come ` +
      "from its events. Gather: rows brought together on the host, and deferred rows that stay on the device.",
    "Overlap: the members' times on their streams over the time from the first one's start to the last one's end; as " +
      "much as there are members when they run side by side at full speed, 1 when they run one after the other. Busy: " +
      "the share of the time in which at least one batch was on its way through the device.",
  ],
  patience: 300,
  async run(smoke) {
    const leftOut = await trialWithoutDevice();
    if (leftOut !== undefined) return leftOut;
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const of of smoke ? deviceCascades().slice(0, 1) : deviceCascades()) {
      const { counters, ms } = await countersOf(of, smoke);
      of.tiers.forEach(({ name }, t) => {
        figures[`${of.name}, tier ${name}`] = perBatch(counters.tiers[t] as TierCounters);
      });
      const busyMs = counters.devices.reduce((total, { busyMs }) => total + busyMs, 0);
      const first = counters.tiers[0] as TierCounters;
      ratios[`${of.name}: busy`] = busyMs / ms;
      ratios[`${of.name}, first tier: overlap`] = memberMs(first) / first.runMs;
      ratios[`${of.name}, ${reductionShare}`] = first.reduceMs / total(first);
    }
    return { figures, ratios };
  },
};

async function countersOf(of: DeviceCascade, smoke: boolean): Promise<{ counters: CascadeCounters; ms: number }> {
  const rows = randomRows(of, smoke ? 512 : 4096);
  const cascade = await quorate.Cascade.fromSpec(deviceSpec(of.tiers, device, batchRows));
  await cascade.runBatch(rows);
  const since = cascade.counters();
  const start = performance.now();
  await keepInFlight(() => cascade.runBatch(rows), 2, smoke ? 50 : 2000);
  const ms = performance.now() - start;
  const counters = cascade.counters({ since });
  await cascade.close();
  return { counters, ms };
}

const memberMs = (tier: TierCounters): number => tier.members.reduce((sum, { runMs }) => sum + runMs, 0);

const total = (tier: TierCounters): number =>
  tier.gatherMs + tier.uploadMs + tier.runMs + tier.reduceMs + tier.downloadMs;

function perBatch(tier: TierCounters): Metrics {
  const microseconds = (ms: number): number => (ms / tier.batches) * 1000;
  return {
    "gather µs": microseconds(tier.gatherMs),
    "upload µs": microseconds(tier.uploadMs),
    "run µs": microseconds(tier.runMs),
    "reduce µs": microseconds(tier.reduceMs),
    "download µs": microseconds(tier.downloadMs),
    "rows per batch": tier.entered / tier.batches,
  };
}
