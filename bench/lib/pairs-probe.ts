/**
 * `pairs-probe.js CHECKOUT OPTIONS`: sends what quorate of another checkout takes for some work; all figures are times.
 * OPTIONS is JSON of cascade options that make idle threads spin for 50 µs: their name changed once.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { modelFiles } from "../models/files.js";
import { mlp } from "../models/mlp.js";
import { Random } from "../models/random.js";
import type { CascadeSpec } from "./cascade-spec.js";
import { digitRows, digitsSpec, rowAt } from "./digits.js";
import { callersInFlight, latency, runSlice } from "./measure.js";
import { modelPath } from "./root.js";
import { median } from "./statistics.js";
import type { Metrics } from "./suite.js";
import { keepInFlight, lateness, ticksDuring } from "./ticks.js";

/** What the probe needs of the package; the rest of its API may differ between the two. */
interface AnyCascade {
  run(row: Float32Array): Promise<unknown>;
  runBatch(rows: Float32Array): Promise<unknown>;
  close(): Promise<void>;
}

interface AnyPackage {
  readonly Cascade: { fromSpec(spec: CascadeSpec): Promise<AnyCascade> };
}

const sliceMs = 150;
const turns = 3;

const [checkout = "", spinOptions = "{}"] = process.argv.slice(2);
const { Cascade } = (await import(pathToFileURL(join(checkout, "dist/index.js")).href)) as AnyPackage;
const figures: Record<string, Metrics> = {
  ...(await digits()),
  ...(await perceptrons()),
  ...(await oneModel()),
  ...(await timers()),
  ...reduction(),
};
process.send?.(figures, () => process.exit(0));

async function digits(): Promise<Record<string, Metrics>> {
  const cascade = await Cascade.fromSpec(digitsSpec());
  const found: Record<string, Metrics> = {};
  const single = digitRows(597);
  for (const callers of [1, 16, 256, 4096]) {
    found[`run(), ${callers} callers`] = await perRow((until) =>
      callersInFlight((i) => cascade.run(rowAt(single, i)), callers, until),
    );
  }
  for (const count of [16, 256, 65_536]) {
    const rows = digitRows(count);
    found[`runBatch() of ${count} rows`] = await perRow(() => cascade.runBatch(rows).then(() => count));
  }
  await cascade.close();
  return found;
}

async function perceptrons(): Promise<Record<string, Metrics>> {
  const cascade = await Cascade.fromSpec({ tiers: [{ name: "mlp", members: modelFiles("mlp", mlp, 5) }] });
  const count = 256;
  const rows = new Random(0).floats(count * 784, 1);
  const run = (): Promise<unknown> => cascade.runBatch(rows);
  const found = {
    "perceptrons, one batch at a time": await perRow(() => run().then(() => count)),
    "perceptrons, two in flight": await perRow(async (until) => (await callersInFlight(run, 2, until)) * count),
  };
  await cascade.close();
  return found;
}

async function oneModel(): Promise<Record<string, Metrics>> {
  const rows = digitRows(256);
  const tiers = [{ name: "tiny", members: [modelPath("tiny-a.onnx")] }];
  const found: Record<string, Metrics> = {};
  for (const [name, options] of [
    ["asleep", {}],
    ["spinning", JSON.parse(spinOptions) as object],
  ] as const) {
    const cascade = await Cascade.fromSpec({ tiers, ...options });
    let i = 0;
    const all = await latency(() => cascade.run(rowAt(rows, i++)), 3000);
    found[`one model, one caller, threads ${name}`] = { "p50 µs": all["p50 µs"] ?? Number.NaN };
    await cascade.close();
  }
  return found;
}

/** How late timers are while every core infers. */
async function timers(): Promise<Record<string, Metrics>> {
  const cascade = await Cascade.fromSpec(digitsSpec());
  const rows = digitRows(4096);
  await cascade.runBatch(rows);
  const ticks = await ticksDuring(() => keepInFlight(() => cascade.runBatch(rows), 2, 1500));
  await cascade.close();
  return { "timers while every core infers": { "p99 ms": lateness(ticks)["p99 ms"] ?? Number.NaN } };
}

/** The kernels on one core, by the checkout's own program. */
function reduction(): Record<string, Metrics> {
  const program = join(checkout, "build/cmake/bench-addon/bench/native/kernels_bench");
  if (!existsSync(program)) throw new Error(`${program} is not built: run scripts/build-bench.mjs there`);
  const folder = mkdtempSync(join(tmpdir(), "quorate-pairs-"));
  try {
    const json = join(folder, "kernels.json");
    execFileSync(program, ["--json", json, "--quick", "--classes", "1000"], { stdio: "ignore" });
    const { results } = JSON.parse(readFileSync(json, "utf8")) as {
      readonly results: readonly { readonly question: string; readonly rows: number; readonly reduceMedianS: number }[];
    };
    const line = results.find(({ question }) => question === "score");
    return {
      "reduction, 1000 classes, a score rule": {
        "µs per row": ((line?.reduceMedianS ?? NaN) / (line?.rows ?? 1)) * 1e6,
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function perRow(work: (until: number) => Promise<number>): Promise<Metrics> {
  await runSlice({ name: "", work }, 2 * sliceMs);
  const slices = [];
  for (let turn = 0; turn < turns; turn++) slices.push(await runSlice({ name: "", work }, sliceMs));
  const rows = slices.reduce((sum, slice) => sum + slice.rows, 0);
  return {
    "µs per row": median(slices.map((slice) => (slice.ms / slice.rows) * 1000)),
    "CPU µs per row": slices.reduce((sum, slice) => sum + slice.cpuUs, 0) / rows,
  };
}
