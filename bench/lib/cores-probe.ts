/** What `runBatch` and the C++ floor do on the CPUs that this process is bound to; sends a `CoresFigures`. */
import { availableParallelism } from "node:os";
import { convNet } from "../models/conv-net.js";
import { modelFiles } from "../models/files.js";
import { mlp } from "../models/mlp.js";
import { Random } from "../models/random.js";
import { resNet } from "../models/res-net.js";
import { transformer } from "../models/transformer.js";
import type { CascadeSpec } from "./cascade-spec.js";
import { digitRows, digitsSpec } from "./digits.js";
import { fastestFloor, tiersOf } from "./digits-floor.js";
import { callersInFlight, throughput } from "./measure.js";
import { quorate } from "./quorate.js";
import type { Metrics } from "./suite.js";

/** Workload -> contestant -> metrics. */
export type CoresFigures = Record<string, Record<string, Metrics>>;

interface Workload {
  readonly name: string;
  readonly spec: CascadeSpec;
  readonly rows: Float32Array;
  readonly count: number;
}

const inFlight = 2;
/** Of the floor: one takes 30 ms or more of work. */
const floorPasses = 4;
const smoke = process.argv[2] === "smoke";
const threads = availableParallelism();

/** Enough rows for many cores; at up to 2 ms of work each no more than needed. */
const workloads: readonly Workload[] = [
  { name: "digits cascade", spec: digitsSpec(), rows: digitRows(16_384), count: 16_384 },
  ensemble("perceptrons", mlp, 784, 2048),
  ensemble("conv nets", convNet, 28 * 28, 512),
  ensemble("residual nets", resNet, 3 * 32 * 32, 64),
  ensemble("transformers", transformer, 32 * 64, 256),
];

function ensemble(name: string, build: (seed: number) => Uint8Array, rowSize: number, count: number): Workload {
  const members = modelFiles(name.replace(" ", "-"), build, 3);
  return { name, spec: { tiers: [{ name, members }] }, rows: new Random(0).floats(count * rowSize, 1), count };
}

async function measure({ spec, rows, count }: Workload): Promise<Record<string, Metrics>> {
  const cascade = await quorate.Cascade.fromSpec(spec);
  const floor = await fastestFloor(await tiersOf(cascade, rows, spec), [32, 64, 128], threads, floorPasses);
  const own = {
    name: "quorate",
    work: async (until: number) => (await callersInFlight(() => cascade.runBatch(rows), inFlight, until)) * count,
  };
  const figures = await throughput([own, floor], smoke ? 10 : 300, smoke ? 1 : 3);
  floor.close();
  await cascade.close();
  return figures;
}

const figures: CoresFigures = {};
for (const workload of smoke ? workloads.slice(0, 2) : workloads) figures[workload.name] = await measure(workload);
process.send?.(figures);
