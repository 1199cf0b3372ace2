import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SliceRequest } from "../lib/counters-probe.js";
import type { Slice } from "../lib/measure.js";
import { nextMessage, startProbe } from "../lib/probe.js";
import { root } from "../lib/root.js";
import { median } from "../lib/statistics.js";
import type { Metrics, Suite } from "../lib/suite.js";

const withCounters = join(root, "build/Release/quorate.node");
/** Built with QUORATE_COUNTERS=OFF and QUORATE_ADDON_DIR=build/cmake/no-counters. */
const without = join(root, "build/cmake/no-counters/Release/quorate.node");
const kinds = { batches: "batches of 256 rows", callers: "256 single-row callers" } as const;

export const counters: Suite = {
  name: "counters",
  question: "What do the counters cost? The addon against one that was built without them.",
  targets: [{ ratio: "batches of 256 rows, CPU per row: with / without counters", atMost: 1.01 }],
  notes: [
    "A process per addon; they take turns, another one first in every round. A ratio is the median over a trial's rounds.",
    "With counters twice: how far the ratio of these two is from 1 is how much the method can tell.",
  ],
  async run(smoke) {
    const absent = [withCounters, without].find((path) => !existsSync(path));
    if (absent !== undefined) {
      return { figures: {}, ratios: {}, notes: [`Not measured: there is no ${absent.slice(root.length + 1)}.`] };
    }
    const probes = {
      "with counters": await open(withCounters),
      "with counters, again": await open(withCounters),
      "without counters": await open(without),
    };
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const kind of ["batches", "callers"] as const) {
      const slices = await takeTurns(probes, { kind, ms: smoke ? 20 : 100 }, smoke ? 2 : 20);
      for (const [name, own] of Object.entries(slices)) {
        figures[`${kinds[kind]}: ${name}`] = {
          "rows/s": median(own.map(rate)),
          "CPU-s per 1e6 rows": median(own.map(cpuPerRow)),
        };
      }
      const ratio = (of: (slice: Slice) => number, above: Name, below: Name): number =>
        median(slices[above].map((slice, i) => of(slice) / of(slices[below][i] ?? slice)));
      ratios[`${kinds[kind]}, CPU per row: with / without counters`] = ratio(
        cpuPerRow,
        "with counters",
        "without counters",
      );
      ratios[`${kinds[kind]}, CPU per row: with, again / with`] = ratio(
        cpuPerRow,
        "with counters, again",
        "with counters",
      );
      ratios[`${kinds[kind]}, rows/s: without / with counters`] = ratio(rate, "without counters", "with counters");
    }
    for (const child of Object.values(probes)) child.disconnect();
    return { figures, ratios };
  },
};

const names = ["with counters", "with counters, again", "without counters"] as const;
type Name = (typeof names)[number];

const cpuPerRow = ({ cpuUs, rows }: Slice): number => cpuUs / rows;
const rate = ({ rows, ms }: Slice): number => (rows / ms) * 1000;

async function open(addon: string): Promise<ChildProcess> {
  const child = startProbe("counters-probe", { env: { QUORATE_NATIVE_PATH: addon } });
  await nextMessage(child);
  return child;
}

async function slice(child: ChildProcess, request: SliceRequest): Promise<Slice> {
  const answer = nextMessage(child);
  child.send(request);
  return (await answer) as Slice;
}

/** The slices of each probe, round by round; a first round only warms. */
async function takeTurns(
  probes: Record<Name, ChildProcess>,
  request: SliceRequest,
  rounds: number,
): Promise<Record<Name, Slice[]>> {
  const slices: Record<Name, Slice[]> = { "with counters": [], "with counters, again": [], "without counters": [] };
  for (let round = 0; round <= rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const done = await slice(probes[name], request);
      if (round > 0) slices[name].push(done);
    }
  }
  return slices;
}
