/** The reduction of one row as one would write it in JavaScript: votes by argmax, mean softmax score. */
export class Voter {
  readonly #classes: number;
  /** Scratch: nothing is allocated per row but the answer. */
  readonly #means: Float64Array;
  readonly #exponents: Float64Array;
  readonly #votes: Uint8Array;

  constructor(classes: number) {
    this.#classes = classes;
    this.#means = new Float64Array(classes);
    this.#exponents = new Float64Array(classes);
    this.#votes = new Uint8Array(classes);
  }

  /** @param logits one matrix per member */
  vote(logits: readonly Float32Array[], row: number): { label: number; agreement: number; score: number } {
    this.#means.fill(0);
    this.#votes.fill(0);
    for (const output of logits) this.#count(output, row, logits.length);
    const means = this.#means;
    const votes = this.#votes;
    let label = 0;
    for (let c = 1; c < this.#classes; c++) {
      const lead = (votes[c] ?? 0) - (votes[label] ?? 0);
      if (lead > 0 || (lead === 0 && (means[c] ?? 0) > (means[label] ?? 0))) label = c;
    }
    return { label, agreement: (votes[label] ?? 0) / logits.length, score: means[label] ?? 0 };
  }

  #count(output: Float32Array, row: number, members: number): void {
    const classes = this.#classes;
    const means = this.#means;
    const exponents = this.#exponents;
    const at = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if ((output[at + c] ?? 0) > (output[at + best] ?? 0)) best = c;
    const top = output[at + best] ?? 0;
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const exponent = Math.exp((output[at + c] ?? 0) - top);
      exponents[c] = exponent;
      sum += exponent;
    }
    for (let c = 0; c < classes; c++) means[c] = (means[c] ?? 0) + (exponents[c] ?? 0) / sum / members;
    this.#votes[best] = (this.#votes[best] ?? 0) + 1;
  }
}
