/** Numbers that are the same on every machine and in every run: a xorshift generator of 32 bits. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not start alike; the state may not be 0.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let i = 0; i < 16; i++) this.#step();
  }

  /** Uniform in [-bound, bound). */
  floats(count: number, bound: number): Float32Array {
    return Float32Array.from({ length: count }, () => (this.#step() / 2 ** 31) * bound);
  }

  #step(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state;
  }
}
