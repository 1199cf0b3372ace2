/** What a suite is, and what its trials give. */

/** Metric -> value; the unit is in the metric's name. */
export type Metrics = Record<string, number>;

/** One trial: a process of its own. */
export interface Trial {
  /** Contestant -> metrics. */
  readonly figures: Record<string, Metrics>;
  /** Name -> quotient of two figures of this trial. */
  readonly ratios: Record<string, number>;
  /** What this trial left out, and why; joins the suite's notes. */
  readonly notes?: readonly string[];
}

/** What is asked of a ratio. */
export interface Target {
  readonly ratio: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Suite {
  readonly name: string;
  readonly question: string;
  readonly targets: readonly Target[];
  /** For the reader: how to read the numbers, and what they do not show. */
  readonly notes: readonly string[];
  /** Seconds after which a trial counts as hanging. @default 120 */
  readonly patience?: number;
  run(smoke: boolean): Promise<Trial>;
}

/** The contestant that is best by `metric` among those whose name starts with `prefix`. */
export function best(figures: Record<string, Metrics>, prefix: string, metric: string, want: "high" | "low"): number {
  const values = Object.entries(figures)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, metrics]) => metrics[metric] ?? Number.NaN);
  return want === "high" ? Math.max(...values) : Math.min(...values);
}

export function figure(figures: Record<string, Metrics>, name: string, metric: string): number {
  return figures[name]?.[metric] ?? Number.NaN;
}
