/** Promises settled per turn of the event loop, so that a large batch does not hold up timers and sockets. */
export const settledPerTurn = 2000;

/** Runs small jobs in order, at most `settledPerTurn` per turn. */
export class Settler {
  readonly #jobs: (() => void)[] = [];
  #next = 0;
  #scheduled = false;

  add(job: () => void): void {
    this.#jobs.push(job);
  }

  /** Runs what fits into this turn now and the rest in later ones. */
  flush(): void {
    if (!this.#scheduled) this.#turn();
  }

  #turn(): void {
    this.#scheduled = false;
    const end = Math.min(this.#jobs.length, this.#next + settledPerTurn);
    while (this.#next < end) this.#jobs[this.#next++]?.();
    if (this.#next < this.#jobs.length) {
      this.#scheduled = true;
      setImmediate(() => this.#turn());
      return;
    }
    this.#jobs.length = 0;
    this.#next = 0;
  }
}
