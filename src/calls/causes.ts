/** What user code threw, by number: a number crosses into the engine with each error, and comes back with it. */

/**
 * Most values that are kept: as many as the errors that one batch tells apart. Should one call wait while others fail
 * all the time, the oldest is forgotten.
 */
const mostKept = 65_535;

interface Kept {
  readonly value: unknown;
  readonly lastCall: number;
}

export class Causes {
  /** In the order in which they were thrown, so `lastCall` ascends. */
  readonly #kept = new Map<number, Kept>();
  #last = 0;

  get size(): number {
    return this.#kept.size;
  }

  /** @param lastCall id of the newest call: later ones cannot meet the error. @returns its number, never 0 */
  add(value: unknown, lastCall: number): number {
    this.#last = (this.#last % 0xffff_ffff) + 1;
    this.#kept.set(this.#last, { value, lastCall });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    return this.#last;
  }

  /** What was thrown, as the `cause` of an error; {} where nothing was, or it has been forgotten. */
  optionsOf(number: number): { readonly cause?: unknown } {
    const kept = this.#kept.get(number);
    return kept === undefined ? {} : { cause: kept.value };
  }

  /** Forgets what no open call can meet any more. @param oldestCall id of the oldest open call; Infinity: there is none */
  forget(oldestCall: number): void {
    for (const [number, { lastCall }] of this.#kept) {
      if (lastCall >= oldestCall) return;
      this.#kept.delete(number);
    }
  }
}
