/** Accuracies with what they are worth: 95 % intervals. */

/** An estimate and its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The normal quantile of a two-sided 95 % interval. */
const z = 1.959963984540054;

/** A share with Wilson's interval, which holds near 0 and 1 too. */
export function share(hits: number, rows: number): Estimate {
  if (rows === 0) return { value: Number.NaN, low: 0, high: 1 };
  const value = hits / rows;
  const centre = (value + z ** 2 / (2 * rows)) / (1 + z ** 2 / rows);
  const half = (z / (1 + z ** 2 / rows)) * Math.sqrt((value * (1 - value)) / rows + z ** 2 / (4 * rows ** 2));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Difference of two accuracies on the same rows, with the interval of Agresti and Min (half a row added to each of
 * the four outcomes), which holds for few or no differing rows too.
 * @param better rows where only the first is right
 * @param worse rows where only the second is right
 */
export function pairedDifference(better: number, worse: number, rows: number): Estimate {
  if (rows === 0) return { value: Number.NaN, low: -1, high: 1 };
  const [b, c, n] = [better + 0.5, worse + 0.5, rows + 2];
  const centre = (b - c) / n;
  const half = z * Math.sqrt((b + c - (b - c) ** 2 / n) / n ** 2);
  return { value: (better - worse) / rows, low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
}

/** As "0.9950 [0.9854, 0.9983]". */
export function show(estimate: Estimate): string {
  return `${estimate.value.toFixed(4)} [${estimate.low.toFixed(4)}, ${estimate.high.toFixed(4)}]`;
}

/** As `show`, with signs. */
export function showDifference(estimate: Estimate): string {
  const signed = (value: number): string => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
  return `${signed(estimate.value)} [${signed(estimate.low)}, ${signed(estimate.high)}]`;
}
