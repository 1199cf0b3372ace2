import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { CoresFigures } from "../lib/cores-probe.js";
import { probe } from "../lib/probe.js";
import type { Metrics, Suite, Trial } from "../lib/suite.js";

const rate = "rows/s";

export const cores: Suite = {
  name: "cores",
  question: "How does throughput on the CPU grow with the cores?",
  targets: [],
  notes: [
    "Each number of cores is a process bound to the first so many CPUs, the thread of JavaScript among them; Linux only. " +
      "Where two CPUs share a core, the upper numbers show that.",
    "quorate: two runBatch calls in flight, of 16,384 rows of digits, 2,048 for three perceptrons, 512 for three conv " +
      "nets, 64 for three residual nets, 256 for three transformers. C++ floor: as in `batch`.",
  ],
  patience: 900,
  async run(smoke) {
    const cpus = allowedCpus();
    if (cpus.length === 0 || spawnSync("taskset", ["-V"]).status !== 0) {
      return { figures: {}, ratios: {}, notes: ["Left out: `taskset` is not there."] };
    }
    const measured = new Map<number, CoresFigures>();
    for (const count of coreCounts(cpus.length)) {
      measured.set(count, await probe("cores-probe", { cpus: cpus.slice(0, count), args: smoke ? ["smoke"] : [] }));
    }
    return trialOf(measured);
  },
};

/** 1, 2, 4 ... and all. */
function coreCounts(all: number): number[] {
  const counts = [];
  for (let count = 1; count < all; count *= 2) counts.push(count);
  return [...counts, all];
}

function trialOf(measured: ReadonlyMap<number, CoresFigures>): Trial {
  const figures: Record<string, Metrics> = {};
  const ratios: Record<string, number> = {};
  const [first = {}] = measured.values();
  for (const workload of Object.keys(first)) {
    for (const [count, of] of measured) {
      const contestants = of[workload] ?? {};
      for (const [name, metrics] of Object.entries(contestants)) {
        figures[`${workload}, cores: ${count}: ${name}`] = metrics;
      }
      const own = contestants["quorate"]?.[rate] ?? Number.NaN;
      ratios[`${workload}, cores: ${count}: quorate / C++ floor`] =
        own / (contestants["C++ floor"]?.[rate] ?? Number.NaN);
      if (count > 1) {
        const one = first[workload]?.["quorate"]?.[rate] ?? Number.NaN;
        ratios[`${workload}, rows/s: cores ${count} / 1`] = own / one;
      }
    }
  }
  return { figures, ratios };
}

/** The CPUs that this process may use, as numbers; none where the system does not say. */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readStatus())?.[1] ?? "";
  return list
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}
