/** A million rows of many callers, some of which change their mind. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { counterProblems } from "../counter-problems.js";
import { digits } from "./cases.js";
import { deviceTest } from "./device-test.js";
import type { Cascade, QuorateError } from "./package.js";
import { on, open } from "./placement.js";
import { Reference } from "./reference.js";

const totalRows = 1_000_000;
const callers = 8;
const pieceRows = 2 * digits.count;
const rowSize = digits.rows.length / digits.count;
const piece = new Float32Array(pieceRows * rowSize);
for (let i = 0; i < pieceRows; i += digits.count) piece.set(digits.rows, i * rowSize);

class Soak {
  left = totalRows;
  answered = 0;
  aborted = 0;
  differing = 0;
  readonly #cascade: Cascade;
  readonly #reference: Reference;

  constructor(cascade: Cascade, reference: Reference) {
    this.#cascade = cascade;
    this.#reference = reference;
  }

  /** Pieces of rows, and between them single rows; every third piece and every fifth row is called off. */
  async caller(): Promise<void> {
    for (let turn = 1; this.left > 0; turn++) {
      this.left -= pieceRows;
      await this.#piece(turn % 3 === 0);
      for (let i = 0; i < 20; i++) await this.#single(i, i % 5 === 0);
      deepStrictEqual(counterProblems(this.#cascade.counters()), []);
    }
  }

  async #piece(aborts: boolean): Promise<void> {
    const controller = new AbortController();
    const call = this.#cascade.runBatch(piece, { signal: controller.signal });
    if (aborts) setImmediate(() => controller.abort());
    const got = await call.catch((error: unknown) => this.#isAborted(error, aborts));
    if (got === undefined) this.aborted += pieceRows;
    else {
      this.differing += this.#reference.differing(got, (i) => i % digits.count);
      this.answered += pieceRows;
    }
  }

  async #single(i: number, aborts: boolean): Promise<void> {
    const controller = new AbortController();
    const row = digits.rows.subarray(i * rowSize, (i + 1) * rowSize);
    const call = this.#cascade.run(row, { signal: controller.signal });
    if (aborts) controller.abort();
    const got = await call.catch((error: unknown) => this.#isAborted(error, aborts));
    if (got === undefined) this.aborted++;
    else {
      if (!this.#reference.isSame(i, got.label, got.tierIndex)) this.differing++;
      this.answered++;
    }
  }

  #isAborted(error: unknown, aborts: boolean): undefined {
    if (!aborts || (error as QuorateError).code !== "QUORATE_ERR_ABORTED") throw error;
  }
}

deviceTest("a million rows with cancellation: every row that is answered has the CPU's answer", async (note) => {
  const reference = await Reference.of(digits);
  const cascade = await open(on(digits.spec));
  const soak = new Soak(cascade, reference);
  await Promise.all(Array.from({ length: callers }, () => soak.caller()));
  const counters = cascade.counters();
  strictEqual(counters.pending, 0);
  deepStrictEqual(counterProblems(counters), []);
  ok(soak.answered > 0 && soak.aborted > 0, "both happen");
  ok(soak.answered + soak.aborted >= totalRows);
  await cascade.close();
  note(`${soak.answered} rows answered, ${soak.aborted} called off, ${soak.differing} differ`);
});
