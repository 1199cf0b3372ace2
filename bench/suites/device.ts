import { device, trialWithoutDevice } from "../lib/device.js";
import { type DeviceCascade, deviceCascades, deviceSpec, fourSmall, randomRows } from "../lib/device-cascades.js";
import { type Contestant, callersInFlight, throughput } from "../lib/measure.js";
import { nativeBench, searchPaths } from "../lib/native.js";
import { type Cascade, type CascadeSpec, quorate } from "../lib/quorate.js";
import { checkSameLabels } from "../lib/same-labels.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";

const rate = "rows/s";
const onDevice = "quorate, two calls in flight";
const byHand = "provider by hand, votes on the host";
const overByHand = "rows/s: quorate / provider by hand";
const titleOf = ({ name }: { readonly name: string }, batchRows: number): string =>
  `${name}, batches of ${batchRows.toLocaleString("en-US")}`;

export const deviceCascade: Suite = {
  name: "device",
  question: `A cascade on a device (${device}), against the same provider driven by hand: how many rows per second?`,
  // For a GPU of a data centre.
  targets: [
    ...["perceptrons", "residual nets", "transformers"].map((name) => ({
      ratio: `${titleOf({ name }, 1024)}, ${overByHand}`,
      atLeast: 3,
    })),
  ],
  notes: [
    "Cascades of generated models: three members, of which two must agree, then two others, on random rows; and a tier " +
      "of four small ones. `runBatch` of 4,096 rows; the engine and the program by hand make batches of as many rows as " +
      "the line says.",
    "By hand: C++ on one thread, the members' sessions one after the other with tensors of the host in and out, votes " +
      "and gathering by the engine's own CPU kernels. Its labels are compared with the engine's.",
    "A tier alone: a cascade of this tier only, on all rows. Without the device everything is left out; with " +
      "QUORATE_TEST_DEVICE=cpu the suite says nothing about devices, but runs.",
  ],
  patience: 900,
  async run(smoke) {
    const leftOut = await trialWithoutDevice();
    if (leftOut !== undefined) return leftOut;
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    const cascades = [fourSmall(), ...deviceCascades()];
    for (const cascade of smoke ? cascades.slice(0, 2) : cascades) {
      for (const batchRows of smoke ? cascade.batchSizes.slice(0, 1) : cascade.batchSizes) {
        const measured = await contest(cascade, batchRows, smoke);
        const title = titleOf(cascade, batchRows);
        for (const [name, metrics] of Object.entries(measured)) figures[`${title}: ${name}`] = metrics;
        ratios[`${title}, ${overByHand}`] = figure(measured, onDevice, rate) / figure(measured, byHand, rate);
      }
    }
    return { figures, ratios };
  },
};

async function contest(of: DeviceCascade, batchRows: number, smoke: boolean): Promise<Record<string, Metrics>> {
  const count = smoke ? 512 : 4096;
  const rows = randomRows(of, count);
  const opened: Cascade[] = [];
  const repeated = async (name: string, inFlight: number, spec: CascadeSpec): Promise<Contestant> => {
    const cascade = await quorate.Cascade.fromSpec(spec);
    opened.push(cascade);
    return {
      name,
      work: async (until) => (await callersInFlight(() => cascade.runBatch(rows), inFlight, until)) * count,
    };
  };
  const whole = deviceSpec(of.tiers, device, batchRows);
  const contestants = [
    await repeated("quorate, one call in flight", 1, whole),
    await repeated(onDevice, 2, whole),
    await repeated("quorate on the CPU, two calls in flight", 2, deviceSpec(of.tiers, "cpu", batchRows)),
  ];
  if (device !== "cpu") {
    const graphs = deviceSpec(of.tiers, device, batchRows, { graphs: true });
    contestants.push(await repeated(`${onDevice}, CUDA graphs`, 2, graphs));
  }
  for (const tier of of.tiers.length > 1 ? of.tiers : []) {
    const spec = deviceSpec([tier], device, batchRows);
    contestants.push(await repeated(`tier ${tier.name} alone, two calls in flight`, 2, spec));
  }
  const figures = await throughput(contestants, smoke ? 10 : 200, smoke ? 1 : 3);
  const { labels, ...hand } = await nativeBench.hostVotes(
    { ...searchPaths, device, tiers: of.tiers, batchRows, ms: smoke ? 10 : 600 },
    rows,
  );
  for (const cascade of opened.slice(0, 3)) checkSameLabels(byHand, labels, (await cascade.runBatch(rows)).label);
  await Promise.all(opened.map((cascade) => cascade.close()));
  return { ...figures, [byHand]: { [rate]: (hand.rows / hand.ms) * 1000 } };
}
