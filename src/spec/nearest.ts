/** Which known name was meant by a misspelled one. */

/** `, did you mean "maxRows"?` when one of the known names is close, else nothing. */
export function suggestion(written: string, known: readonly string[]): string {
  const meant = nearest(written, known);
  return meant === undefined ? "" : `, did you mean "${meant}"?`;
}

/** The known name that differs least; undefined when all differ too much to have been meant. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const [a, b] = [written.toLowerCase(), name.toLowerCase()];
    const whole = a.length >= 3 && (b.includes(a) || a.includes(b));
    const distance = whole ? 1 : edits(a, b);
    if (distance < least) [best, least] = [name, distance];
  }
  return least <= Math.max(1, Math.floor(0.4 * written.length)) ? best : undefined;
}

/** Letters to insert, delete or replace, or neighbours to swap, that make one word of the other. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : replaced;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], i: number): number {
  return row[i] ?? Number.POSITIVE_INFINITY;
}
