/** `quorate demo`: three tiers of digit classifiers over the bundled test rows. */

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import {
  allOf,
  type BatchAnswer,
  Cascade,
  type CascadeCounters,
  type CostFigures,
  type CostReport,
  scoreAtLeast,
  votesAtLeast,
} from "../index.js";
import { readRows } from "../rows/read-rows.js";
import { type Estimate, pairedDifference, share, show, showDifference } from "../statistics/intervals.js";
import { Progress, percent, print, short, table } from "./io.js";

/** Options of the command line. */
export interface DemoOptions {
  readonly json?: boolean;
}

/** Test rows in one array, as `runBatch` takes them. */
interface Digits {
  readonly images: Float32Array;
  readonly labels: readonly number[];
}

/** One cascade over all rows. */
interface Outcome {
  readonly answer: BatchAnswer;
  readonly counters: CascadeCounters;
  readonly cost: CostReport;
  readonly rowsPerSecond: number;
}

const folder = fileURLToPath(new URL("../../examples/digits/", import.meta.url));

/** The second run is timed; the first has warmed caches and pages. */
const runs = 2;

export async function demo(options: DemoOptions): Promise<void> {
  const digits = await readDigits();
  const cascade = await measure(await openCascade(), digits);
  const large = await measure(
    await Cascade.builder()
      .tier("large", { members: [`${folder}large.onnx`] })
      .build(),
    digits,
  );
  const report = compare(cascade, large, digits);
  print(options.json ?? false, report, () => lines(report));
}

function openCascade(): Promise<Cascade> {
  const models = (...names: readonly string[]): string[] => names.map((name) => `${folder}${name}.onnx`);
  return Cascade.builder()
    .tier("tiny", {
      members: models("tiny-a", "tiny-b", "tiny-c"),
      exitWhen: allOf(votesAtLeast(3), scoreAtLeast(0.8)),
    })
    .tier("small", {
      members: models("small-a", "small-b", "small-c"),
      exitWhen: allOf(votesAtLeast(3), scoreAtLeast(0.7)),
    })
    .tier("large", { members: models("large") })
    .build();
}

async function readDigits(): Promise<Digits> {
  const tensor = { name: "image", type: "float32", rowShape: [64], tiers: [0] } as const;
  const images: Float32Array[] = [];
  const labels: number[] = [];
  for await (const row of readRows(`${folder}test.csv`, [tensor])) {
    images.push(row.tensors["image"] as Float32Array);
    labels.push(row.label ?? -1);
  }
  const all = new Float32Array(images.length * 64);
  for (const [i, image] of images.entries()) all.set(image, i * 64);
  return { images: all, labels };
}

async function measure(cascade: Cascade, digits: Digits): Promise<Outcome> {
  const rows = digits.labels.length;
  const progress = new Progress("demo", rows * runs);
  const timer = setInterval(() => progress.update(cascade.counters().settled), 250);
  try {
    await cascade.runBatch({ image: digits.images });
    const before = cascade.counters();
    const start = performance.now();
    const answer = await cascade.runBatch({ image: digits.images });
    const seconds = (performance.now() - start) / 1000;
    const counters = cascade.counters({ since: before });
    const cost = await cascade.cost({ since: before });
    return { answer, counters, cost, rowsPerSecond: rows / seconds };
  } finally {
    clearInterval(timer);
    progress.end();
    await cascade.close();
  }
}

interface Report {
  readonly rows: number;
  readonly cores: number;
  readonly tiers: readonly {
    readonly name: string;
    readonly entered: number;
    readonly exited: number;
    readonly exitShare: number;
    readonly flops: number | null;
    readonly busyMs: number | null;
  }[];
  readonly accuracy: { readonly cascade: Estimate; readonly large: Estimate; readonly difference: Estimate };
  readonly flops: Comparison;
  readonly busyMs: Comparison;
  readonly rowsPerSecond: { readonly cascade: number; readonly large: number };
}

interface Comparison {
  readonly cascade: number | null;
  readonly large: number | null;
  /** large / cascade, as the ratio of `cost()`: how many times cheaper the cascade is. */
  readonly ratio: number | null;
}

function compare(cascade: Outcome, large: Outcome, { labels }: Digits): Report {
  const right = (outcome: Outcome): boolean[] => labels.map((label, i) => outcome.answer.label[i] === label);
  const [mine, theirs] = [right(cascade), right(large)];
  const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
  const figure = (name: keyof CostFigures): Comparison => {
    const [a, b] = [cascade.cost.cascade[name], large.cost.cascade[name]];
    return { cascade: a, large: b, ratio: a === null || b === null || a === 0 ? null : b / a };
  };
  return {
    rows: labels.length,
    cores: availableParallelism(),
    tiers: cascade.counters.tiers.map((tier, t) => ({
      name: tier.name,
      entered: tier.entered,
      exited: tier.exited,
      exitShare: tier.exited / labels.length,
      flops: cascade.cost.tiers[t]?.flops ?? null,
      busyMs: cascade.cost.tiers[t]?.busyMs ?? null,
    })),
    accuracy: {
      cascade: share(count(mine), labels.length),
      large: share(count(theirs), labels.length),
      difference: pairedDifference(
        count(mine.map((hit, i) => hit && !theirs[i])),
        count(theirs.map((hit, i) => hit && !mine[i])),
        labels.length,
      ),
    },
    flops: figure("flops"),
    busyMs: figure("busyMs"),
    rowsPerSecond: { cascade: cascade.rowsPerSecond, large: large.rowsPerSecond },
  };
}

function lines(report: Report): string[] {
  const { accuracy, flops, busyMs, rowsPerSecond } = report;
  return [
    `${report.rows} handwritten digits: tiny x3 -> small x3 -> large, ${report.cores} cores`,
    "",
    ...table([
      ["tier", "entered", "exited", "exit share", "FLOPs", "busy ms"],
      ...report.tiers.map((tier) => [
        tier.name,
        `${tier.entered}`,
        `${tier.exited}`,
        percent(tier.exitShare),
        short(tier.flops),
        milliseconds(tier.busyMs),
      ]),
    ]),
    "",
    "accuracy, with 95 % intervals",
    `  cascade      ${show(accuracy.cascade)}`,
    `  large alone  ${show(accuracy.large)}`,
    `  difference   ${showDifference(accuracy.difference)}, paired`,
    "",
    ...table([
      ["cost of all rows", "cascade", "large alone", "ratio"],
      ["FLOPs, every visited tier", short(flops.cascade), short(flops.large), times(flops.ratio)],
      ["busy ms", milliseconds(busyMs.cascade), milliseconds(busyMs.large), times(busyMs.ratio)],
      [
        "rows/s",
        short(rowsPerSecond.cascade),
        short(rowsPerSecond.large),
        times(rowsPerSecond.cascade / rowsPerSecond.large),
      ],
    ]),
  ];
}

function milliseconds(value: number | null): string {
  return value === null ? "unknown" : value.toFixed(2);
}

function times(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)} x`;
}
