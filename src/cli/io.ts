/** How commands talk: results on stdout, progress and errors on stderr. */

/** Prints the result: as JSON for programs, or as the lines for people. */
export function print(json: boolean, data: unknown, lines: () => readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${lines().join("\n")}\n`);
}

/** Columns of text, aligned; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** `part` of `whole` as "83.9 %". */
export function percent(part: number, whole = 1): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** A large number with a unit prefix, as "10.2 M". */
export function short(value: number | null): string {
  if (value === null) return "unknown";
  const prefixes = ["", "k", "M", "G", "T", "P"];
  const power =
    value === 0 ? 0 : Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3)));
  const scaled = value / 1000 ** power;
  return `${power === 0 && Number.isInteger(value) ? value : scaled.toPrecision(3)} ${prefixes[power]}`.trimEnd();
}

/** Progress of `total` steps, shown once the work has taken longer than a second. */
export class Progress {
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #start: number = performance.now();
  #shown = 0;

  constructor(what: string, total?: number) {
    this.#what = what;
    this.#total = total;
  }

  update(done: number): void {
    const now = performance.now();
    const interval = process.stderr.isTTY ? 100 : 5000;
    if (now - this.#start < 1000 || now - this.#shown < interval) return;
    this.#shown = now;
    const state = this.#total === undefined ? `${done} rows` : `${percent(done, this.#total)} of ${this.#total} rows`;
    process.stderr.write(process.stderr.isTTY ? `\r${this.#what}: ${state}` : `${this.#what}: ${state}\n`);
  }

  end(): void {
    if (this.#shown > 0 && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }
}
