/** Order statistics. */

/** Nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The trials of one number. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly trials: readonly number[];
}

export function summary(trials: readonly number[]): Summary {
  return { median: median(trials), min: Math.min(...trials), max: Math.max(...trials), trials };
}
