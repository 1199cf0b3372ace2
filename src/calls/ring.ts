/**
 * What has been started and is taken out again, at most `capacity` at a time: in the order of the starts, or in that
 * of the ends. All of it takes constant time; the memory grows to what was in use at once.
 */
export class Ring<T extends object> {
  readonly #capacity: number;
  readonly #ordered: boolean;
  /** Place p of the order lies at p modulo the capacity. */
  readonly #slots: (T | undefined)[] = [];
  #started = 0;
  #ended = 0;
  #taken = 0;

  constructor(capacity: number, ordered: boolean) {
    this.#capacity = capacity;
    this.#ordered = ordered;
  }

  get isEmpty(): boolean {
    return this.#started === this.#taken;
  }

  /** As many have been started and not taken out as there is room for. */
  get isFull(): boolean {
    return this.#started - this.#taken >= this.#capacity;
  }

  /** Starts one, if it is not full. Returns its number, counted from 0. */
  reserve(): number {
    return this.#started++;
  }

  /** The end of what was started as `number`; once for each. */
  put(number: number, end: T): void {
    const place = this.#ordered ? number : this.#ended;
    this.#ended++;
    this.#slots[place % this.#capacity] = end;
  }

  /** Takes the next one out; undefined when it has not ended. */
  take(): T | undefined {
    const slot = this.#taken % this.#capacity;
    const end = this.#slots[slot];
    if (end === undefined) return undefined;
    this.#slots[slot] = undefined;
    this.#taken++;
    return end;
  }
}
