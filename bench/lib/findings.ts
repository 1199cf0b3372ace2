/** What a result says, in sentences that hold whatever the figures are. */
import { short } from "./format.js";
import type { Result } from "./result.js";

const callerCounts = [1, 16, 256, 4096];
const batchRows = [1, 16, 256, 4096, 65_536];

/** @throws Error if the result lacks one of the figures */
export function findingsOf(result: Result): string[] {
  const ratio = (suite: string, name: RegExp): number => ratioOf(result, suite, name);
  const callers = (rival: string): Series =>
    callerCounts.map((count) => [
      count,
      ratio("single-row-callers", new RegExp(`^${count} callers, rows/s: quorate / ${rival}$`)),
    ]);
  const batches: Series = batchRows.map((rows) => [
    rows,
    ratio("batch", new RegExp(`^${rows} rows, rows/s: quorate / best JS$`)),
  ]);
  const oneModel = (spin: number): string =>
    short(ratio("latency", new RegExp(`^one model, p50: quorate, spin\\w+ ${spin} / onnxruntime-node$`)));
  const cascade = short(ratio("latency", /^cascade, p50: quorate, spin\w+ 0 \/ JS$/));
  const large = (suite: string, name: RegExp): string => short(ratio(suite, name));
  return [
    `**One caller, one row at a time.** A \`run()\` of one tiny model takes ${oneModel(0)} times as long as \`session.run\` ` +
      `of onnxruntime-node, because the row visits another thread (${oneModel(50)} times with threads that spin for 50 µs). ` +
      `The digits cascade takes ${cascade} times as long as the same cascade in JavaScript.`,
    `**Many callers of \`run()\`.** Rows/s over those of the best JavaScript rival: ` +
      `${list(callers("best JS"), "caller")}. Over those of \`session.run\` for every row: ` +
      `${list(callers("best JS per request"), "caller")}. ${crossover(callers("best JS"), "rows in flight")}`,
    `**One \`runBatch\` at a time.** Rows/s over those of the best rival, digits cascade: ${list(batches, "row")}. ` +
      crossover(batches, "rows per call"),
    `**Random arrivals.** With a p99 of at most 10 ms the engine serves ` +
      `${short(ratio("server", /quorate \/ best JS$/))} times the rate of the best rival and ` +
      `${short(ratio("server", /quorate \/ JS per request$/))} times that of \`session.run\` for every row.`,
    `**Larger models, \`runBatch\`.** Rows/s over those of the best rival: ` +
      `${large("models", /^conv net, rows\/s: quorate \/ best JS$/)} (conv nets), ` +
      `${large("models", /^transformer, rows\/s: quorate \/ best JS$/)} (transformers), ` +
      `${large("mlp", /^rows\/s: quorate \/ best JS$/)} (perceptrons).`,
  ];
}

/** [size of the load, ratio], ascending. */
type Series = readonly (readonly [number, number])[];

function list(series: Series, unit: string): string {
  return series
    .map(([size, ratio]) => `${short(ratio)} with ${short(size)} ${unit}${size === 1 ? "" : "s"}`)
    .join(", ");
}

/** The smallest measured load from which on quorate is not slower. */
function crossover(series: Series, unit: string): string {
  const lastSlower = series.findLastIndex(([, ratio]) => ratio < 1);
  const first = series[lastSlower + 1];
  if (first === undefined) return "No measured load is faster throughout.";
  const slower = series[lastSlower];
  if (slower === undefined) return "It is faster at every measured load.";
  return `It is slower with ${short(slower[0])} and faster from ${short(first[0])} ${unit} on.`;
}

function ratioOf(result: Result, suite: string, ratio: RegExp): number {
  const ratios = result.suites.find(({ name }) => name === suite)?.ratios ?? {};
  const found = Object.entries(ratios).find(([name]) => ratio.test(name));
  if (found === undefined) throw new Error(`the result has no ratio ${String(ratio)} of suite ${suite}`);
  return found[1].median;
}
