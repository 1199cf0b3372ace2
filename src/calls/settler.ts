import type { QuorateError } from "../errors.js";
import type { Answer } from "./answer.js";

/** Promises settled per turn of the event loop, so that a large batch does not hold up timers and sockets. */
export const settledPerTurn = 2000;

/** What waits for a row's end. */
export interface Waiter {
  resolve(answer: Answer): void;
  reject(error: QuorateError): void;
}

/** Settles promises in order, at most `settledPerTurn` per turn. */
export class Settler {
  readonly #waiters: Waiter[] = [];
  readonly #ends: (Answer | QuorateError)[] = [];
  #next = 0;
  #scheduled = false;

  add(waiter: Waiter, end: Answer | QuorateError): void {
    this.#waiters.push(waiter);
    this.#ends.push(end);
  }

  /** Settles what fits into this turn now and the rest in later ones. */
  flush(): void {
    if (!this.#scheduled) this.#turn();
  }

  #turn(): void {
    this.#scheduled = false;
    const end = Math.min(this.#waiters.length, this.#next + settledPerTurn);
    for (; this.#next < end; this.#next++) settle(this.#waiters[this.#next], this.#ends[this.#next]);
    if (this.#next < this.#waiters.length) {
      this.#scheduled = true;
      setImmediate(() => this.#turn());
      return;
    }
    this.#waiters.length = 0;
    this.#ends.length = 0;
    this.#next = 0;
  }
}

function settle(waiter: Waiter | undefined, end: Answer | QuorateError | undefined): void {
  if (end instanceof Error) waiter?.reject(end);
  else if (end !== undefined) waiter?.resolve(end);
}
