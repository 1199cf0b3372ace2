/** `npm run bench:pairs -- --before CHECKOUT`: this checkout against an earlier one, in alternating pairs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { load, machine, versions } from "./lib/machine.js";
import { probe } from "./lib/probe.js";
import { root } from "./lib/root.js";
import type { Metrics } from "./lib/suite.js";

interface Options {
  readonly before: string;
  readonly pairs: string;
  readonly spinBefore: string;
  readonly name: string;
}

/** Slower than this, with all of its interval, is slower. */
const allowed = 1.02;

const options = new Command("bench:pairs")
  .description("Times of this checkout over those of an earlier one; 1 = the same, less = faster.")
  .requiredOption("--before <folder>", "the earlier checkout, built, with scripts/build-bench.mjs run in it")
  .option("--pairs <n>", "pairs of processes", "20")
  .option("--spin-before <json>", "what makes the earlier one's threads spin for 50 µs", '{"spinMs":0.05}')
  .option("--name <name>", "name of the result file", "pairs")
  .parse()
  .opts<Options>();

const before = resolve(options.before);
const pairs = Number(options.pairs);
if (!(Number.isInteger(pairs) && pairs >= 2)) throw new Error(`--pairs ${options.pairs} is not a count of at least 2`);
const loadBefore = load();
const logs = new Map<string, number[]>();
for (let i = 0; i < pairs; i++) {
  // Which of them is first changes, or what the first leaves behind would be the second's.
  const order = i % 2 === 0 ? ["before", "after"] : ["after", "before"];
  const found: Record<string, Record<string, Metrics>> = {};
  for (const side of order) found[side] = await measure(side === "before");
  for (const [name, metrics] of Object.entries(found["after"] ?? {})) {
    for (const [metric, after] of Object.entries(metrics)) {
      const key = `${name}, ${metric}`;
      const ratio = after / (found["before"]?.[name]?.[metric] ?? Number.NaN);
      logs.set(key, [...(logs.get(key) ?? []), Math.log(ratio)]);
    }
  }
  console.log(`pair ${i + 1} of ${pairs}`);
}
report();

function measure(earlier: boolean): Promise<Record<string, Metrics>> {
  const args = earlier ? [before, options.spinBefore] : [root, '{"spinMs":0.05}'];
  return probe("pairs-probe", { args });
}

/** Geometric mean of the ratios and its 95 % interval, by Student's t on their logarithms. */
function interval(values: readonly number[]): readonly [number, number, number] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = student975(n - 1) * Math.sqrt(variance / n);
  return [Math.exp(mean - half), Math.exp(mean), Math.exp(mean + half)];
}

/** The 97.5 % quantile of Student's t, by Cornish and Fisher's expansion: within 0.002 from 10 degrees of freedom on. */
function student975(freedom: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}

function report(): void {
  const rows = [...logs].map(([what, values]) => {
    const [low, mean, high] = interval(values);
    return { what, low, mean, high, slower: low > allowed };
  });
  for (const { what, low, mean, high, slower } of rows) {
    const text = `${mean.toFixed(3)} [${low.toFixed(3)} – ${high.toFixed(3)}]`;
    console.log(`${what.padEnd(62)} ${text}${slower ? "  SLOWER" : ""}`);
  }
  const result = {
    date: new Date().toISOString(),
    // Without this machine's paths.
    command: `npm run bench:pairs -- ${process.argv.slice(2).join(" ")}`.replace(
      options.before,
      relative(root, before),
    ),
    machine: machine(),
    versions: versions(),
    load: [loadBefore, load()],
    pairs,
    ratios: Object.fromEntries(rows.map(({ what, low, mean, high }) => [what, { low, mean, high }])),
  };
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${result.date.slice(0, 10)}-${options.name}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`wrote ${path}`);
}
