/** Rivals must do the same work: their labels are compared before anything is timed. */
export function checkSameLabels(name: string, got: Int32Array, expected: Int32Array): void {
  const different = got.reduce((count, label, i) => count + (label === expected[i] ? 0 : 1), 0);
  // Rows on a threshold may fall either way: softmax is float32 there, float64 in JavaScript.
  if (got.length !== expected.length || different > expected.length / 200) {
    throw new Error(`${name} gives other labels on ${different} of ${expected.length} rows`);
  }
}
