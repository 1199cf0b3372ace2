/** Callers of all kinds on one cascade, each answer checked against that of the row alone. */
import { expect } from "vitest";
import { type Answer, type CallOptions, type Cascade, QuorateError, type RowInput } from "../../src/index.js";
import { counterProblems } from "../counter-problems.js";

/** What is compared: an answer without its names. */
export type Expected = Pick<Answer, "label" | "tierIndex" | "votes" | "score" | "confidence" | "margin">;

/** A cascade, and rows whose answers are known. */
export interface Interleaving {
  readonly cascade: Cascade;
  /** One tensor, "x": row i of what callers pick. */
  readonly rows: readonly Float32Array[];
  /** Throws when row `i` got another answer than alone. */
  check(i: number, got: Expected): void;
  /** How many rows all callers together run. */
  readonly total: number;
  readonly seed: number;
}

/** Rows by how they ended. */
export interface Tally {
  answered: number;
  aborted: number;
  expired: number;
  refused: number;
}

/** A seeded generator of numbers in [0, 1), so that a failure can be run again. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How many rows a test runs: `QUORATE_INTERLEAVING_ROWS`, by default 1e5. */
export const rowCount = Number(process.env["QUORATE_INTERLEAVING_ROWS"] ?? 100_000);

const callers = 16;

/** Runs the callers to their end and checks every answer and, all the while, the counters. */
export async function interleave(plan: Interleaving): Promise<Tally> {
  const tally: Tally = { answered: 0, aborted: 0, expired: 0, refused: 0 };
  const random = generator(plan.seed);
  await Promise.all(Array.from({ length: callers }, () => new Caller(plan, random, tally).run(plan.total / callers)));
  expect(plan.cascade.counters().pending).toBe(0);
  return tally;
}

class Caller {
  readonly #plan: Interleaving;
  readonly #random: () => number;
  readonly #tally: Tally;

  constructor(plan: Interleaving, random: () => number, tally: Tally) {
    this.#plan = plan;
    this.#random = random;
    this.#tally = tally;
  }

  async run(rows: number): Promise<void> {
    for (let done = 0; done < rows; ) {
      const kind = this.#random();
      if (kind < 0.5) done += await this.#singleRow();
      else if (kind < 0.97) done += await this.#batch();
      else done += await this.#stream();
      expect(counterProblems(this.#plan.cascade.counters())).toEqual([]);
    }
  }

  async #singleRow(): Promise<number> {
    const [i = 0] = this.#pick(1);
    const controller = new AbortController();
    const options = { ...this.#options(), signal: controller.signal };
    const answer = this.#plan.cascade.run({ x: this.#lazily(() => this.#data([i])) } as RowInput, options);
    this.#perhapsAbort(0.05, controller);
    await answer.then(
      (got) => this.#answered(i, got),
      (error: unknown) => this.#failed(error, options),
    );
    return 1;
  }

  async #batch(): Promise<number> {
    const picked = this.#pick(1 + Math.floor(this.#random() * 200));
    const controller = new AbortController();
    const options = { ...this.#options(), signal: controller.signal, copy: this.#random() < 0.5, rows: picked.length };
    const x = this.#lazily((rows: Uint32Array = new Uint32Array()) =>
      this.#data(rows.length > 0 ? [...rows].map((row) => picked[row] ?? 0) : picked),
    );
    const answer = this.#plan.cascade.runBatch({ x } as RowInput, options);
    this.#perhapsAbort(0.02, controller);
    await answer.then(
      (got) => {
        for (const [row, i] of picked.entries()) {
          const end = got.at(row);
          if (end.error === null) this.#answered(i, end);
          else this.#failed(end.error, options);
        }
      },
      (error: unknown) => {
        for (const _ of picked) this.#failed(error, options);
      },
    );
    return picked.length;
  }

  async #stream(): Promise<number> {
    const picked = this.#pick(1 + Math.floor(this.#random() * 200));
    const ordered = this.#random() < 0.5;
    const source = picked.map((i) => ({ x: this.#data([i]) }));
    const seen = new Set<number>();
    const inFlight = 1 + Math.floor(this.#random() * 100);
    for await (const got of this.#plan.cascade.stream(source, { ordered, inFlight })) {
      if (ordered) expect(got.index).toBe(seen.size);
      seen.add(got.index);
      this.#answered(picked[got.index] ?? -1, got);
    }
    expect(seen.size).toBe(picked.length);
    return picked.length;
  }

  #pick(count: number): number[] {
    return Array.from({ length: count }, () => Math.floor(this.#random() * this.#plan.rows.length));
  }

  #data(picked: readonly number[]): Float32Array {
    const width = this.#plan.rows[0]?.length ?? 0;
    const x = new Float32Array(picked.length * width);
    for (const [row, i] of picked.entries()) x.set(this.#plan.rows[i] ?? [], row * width);
    return x;
  }

  /** Now and then the tensor is given as a function. */
  #lazily(data: (rows?: Uint32Array) => Float32Array): unknown {
    const chance = this.#random();
    if (chance < 0.9) return data();
    return chance < 0.95 ? data : async (rows?: Uint32Array) => data(rows);
  }

  /** At once, or while the rows are anywhere. */
  #perhapsAbort(chance: number, controller: AbortController): void {
    const drawn = this.#random();
    if (drawn < chance / 2) controller.abort();
    else if (drawn < chance) setImmediate(() => controller.abort());
  }

  #options(): { priority: number; deadlineMs?: number } {
    const priority = 1 + Math.floor(this.#random() * 9);
    return this.#random() < 0.1 ? { priority, deadlineMs: 1 + this.#random() } : { priority };
  }

  #answered(i: number, got: Answer): void {
    this.#plan.check(i, got);
    this.#tally.answered++;
  }

  /** Nothing but what its own call asked for may end a row without an answer. */
  #failed(error: unknown, { signal, deadlineMs }: CallOptions): void {
    const code = error instanceof QuorateError ? error.code : undefined;
    if (code === "QUORATE_ERR_ABORTED" && signal?.aborted) this.#tally.aborted++;
    else if (code === "QUORATE_ERR_DEADLINE" && deadlineMs !== undefined) this.#tally.expired++;
    else if (code === "QUORATE_ERR_QUEUE_FULL") this.#tally.refused++;
    else throw error;
  }
}

/** One line about how the rows ended. */
export function summary({ answered, aborted, expired, refused }: Tally): string {
  return `${answered} rows answered, ${aborted} aborted, ${expired} expired, ${refused} refused`;
}
