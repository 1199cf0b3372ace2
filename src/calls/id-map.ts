/** Values by ascending ids, of calls that come and go all the time. */

/** Ids of one block. */
const blockLength = 64;

interface Block<T> {
  readonly values: (T | undefined)[];
  used: number;
}

/**
 * As a Map, but what has been deleted is let go at once. A Map whose entries come and go makes a new table every few
 * of them, and every old table holds the next: once one of them is in old space, whatever the others held when they
 * were left outlives every small collection, which then have to move it. Blocks are emptied in place and hold nothing.
 */
export class IdMap<T extends object> {
  readonly #blocks = new Map<number, Block<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#blocks.get(Math.floor(id / blockLength))?.values[id % blockLength];
  }

  set(id: number, value: T): void {
    const key = Math.floor(id / blockLength);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = { values: new Array<T | undefined>(blockLength).fill(undefined), used: 0 };
      this.#blocks.set(key, block);
    }
    if (block.values[id % blockLength] === undefined) {
      block.used++;
      this.#size++;
    }
    block.values[id % blockLength] = value;
  }

  delete(id: number): void {
    const key = Math.floor(id / blockLength);
    const block = this.#blocks.get(key);
    if (block?.values[id % blockLength] === undefined) return;
    block.values[id % blockLength] = undefined;
    this.#size--;
    if (--block.used === 0) this.#blocks.delete(key);
  }

  /** The lowest id; Infinity: there is none. As far as ids were set in order. */
  get first(): number {
    for (const [key, { values }] of this.#blocks) {
      return key * blockLength + values.findIndex((value) => value !== undefined);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** In the order of their ids, as far as these were set in order. */
  values(): T[] {
    return [...this.#blocks.values()].flatMap(({ values }) => values.filter((value) => value !== undefined));
  }

  clear(): void {
    for (const { values } of this.#blocks.values()) values.fill(undefined);
    this.#blocks.clear();
    this.#size = 0;
  }
}
