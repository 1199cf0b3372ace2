import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../lib/root.js";
import type { Metrics, Suite } from "../lib/suite.js";

/** What scripts/build-bench.mjs leaves, by the build tool it found. */
const programs = ["bench-addon", "bench-addon-make"].map((tree) =>
  join(root, "build/cmake", tree, "bench/native/kernels_bench"),
);

/** One line of kernels_bench's JSON. */
interface Line {
  readonly rows: number;
  readonly members: number;
  readonly classes: number;
  readonly question: "votes" | "score" | "all";
  readonly bytes: number;
  readonly reduceMedianS: number;
  readonly copyMedianS: number;
}

const questions = {
  votes: "labels and votes",
  score: "labels, votes and a score rule",
  all: "labels, votes and all measures",
} as const;

export const reduction: Suite = {
  name: "reduction",
  question:
    "How fast do the CPU kernels reduce the outputs of 5 members on one core, against a copy of the same bytes?",
  targets: [{ ratio: "bandwidth of a copy, 1000 classes: labels, votes and a score rule", atLeast: 0.6 }],
  notes: [
    "bench/native/kernels_bench.cc, run as a process: bytes of member outputs per second over bytes that `memcpy` copies " +
      "per second, in the same process. The reduction reads each byte once; a copy also writes it.",
    "1000 classes: 164 MB, far beyond any cache. With few classes the work per row counts, not the memory.",
  ],
  async run(smoke) {
    const program = programs.find((path) => existsSync(path));
    if (program === undefined) throw new Error("kernels_bench is not built: node scripts/build-bench.mjs");
    const figures: Record<string, Metrics> = {};
    const ratios: Record<string, number> = {};
    for (const line of await measure(program, smoke)) {
      if (line.members !== 5 || line.rows < 8192) continue;
      const what = `${line.classes} classes: ${questions[line.question]}`;
      figures[what] = {
        "GB/s": line.bytes / line.reduceMedianS / 1e9,
        "copy GB/s": line.bytes / line.copyMedianS / 1e9,
        "ns per row": (line.reduceMedianS / line.rows) * 1e9,
      };
      ratios[`bandwidth of a copy, ${what}`] = line.copyMedianS / line.reduceMedianS;
    }
    return { figures, ratios };
  },
};

async function measure(program: string, smoke: boolean): Promise<readonly Line[]> {
  const folder = await mkdtemp(join(tmpdir(), "quorate-bench-"));
  try {
    const json = join(folder, "kernels.json");
    await promisify(execFile)(program, ["--json", json, ...(smoke ? ["--quick", "--classes", "1000"] : [])]);
    return (JSON.parse(await readFile(json, "utf8")) as { readonly results: readonly Line[] }).results;
  } finally {
    await rm(folder, { recursive: true });
  }
}
