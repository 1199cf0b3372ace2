/** A function member that answers when the test lets it: a tier that is busy for as long as is needed. */
import type { FunctionMember, MemberBatch } from "../../src/index.js";

export class Gate {
  /** Batches that came, in order. */
  readonly batches: MemberBatch[] = [];
  /** How many of their signals were aborted. */
  aborted = 0;
  #open = false;
  readonly #waiting: (() => void)[] = [];
  #wake: () => void = () => {};

  /** Labels every row with `label`, once the gate is open. */
  member(label: number, more: Partial<FunctionMember> = {}): FunctionMember {
    return {
      name: "gate",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: async (batch, { signal }) => {
        this.batches.push(batch);
        signal.addEventListener("abort", () => {
          this.aborted++;
          this.#wake();
        });
        this.#wake();
        if (!this.#open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return new Int32Array(batch.count).fill(label);
      },
      ...more,
    };
  }

  /** From now on batches are answered at once, those that wait too. */
  open(): void {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits until `condition` holds, looking at every batch and every abort. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
