/** The JSON of a run. */
import type { Machine, Versions } from "./machine.js";
import type { Summary } from "./statistics.js";
import { summary } from "./statistics.js";
import type { Target, Trial } from "./suite.js";

export interface SuiteResult {
  readonly name: string;
  readonly question: string;
  readonly notes: readonly string[];
  /** 1-minute load average before the first and after the last trial. */
  readonly load: readonly [number, number];
  readonly trials: number;
  /** Contestant -> metric -> trials. */
  readonly figures: Record<string, Record<string, Summary>>;
  /** Quotients within one trial. */
  readonly ratios: Record<string, Summary>;
  readonly targets: readonly (Target & { readonly reached: boolean })[];
}

export interface Result {
  readonly format: 1;
  readonly date: string;
  readonly command: string;
  readonly smoke: boolean;
  readonly machine: Machine;
  readonly versions: Versions;
  /** First 16 hex digits of the addon's SHA-256. */
  readonly addon: string;
  readonly addonChangedDuringRun: boolean;
  readonly seconds: number;
  readonly suites: readonly SuiteResult[];
}

/** Figures and ratios over the trials of one suite. */
export function summarize(trials: readonly Trial[], targets: readonly Target[]) {
  const first = trials[0] ?? { figures: {}, ratios: {} };
  const over = (pick: (trial: Trial) => number | undefined): Summary =>
    summary(trials.map((trial) => pick(trial) ?? Number.NaN));
  const figures = Object.fromEntries(
    Object.entries(first.figures).map(([name, metrics]) => [
      name,
      Object.fromEntries(Object.keys(metrics).map((metric) => [metric, over((t) => t.figures[name]?.[metric])])),
    ]),
  );
  const ratios = Object.fromEntries(Object.keys(first.ratios).map((name) => [name, over((t) => t.ratios[name])]));
  return {
    notes: [...new Set(trials.flatMap((trial) => trial.notes ?? []))],
    figures,
    ratios,
    targets: targets.map((target) => ({ ...target, reached: reached(target, ratios[target.ratio]?.median) })),
  };
}

function reached({ atLeast, atMost }: Target, value = Number.NaN): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}
