/** Single rows on their way into the engine: those of one turn go together, since each call across the border costs. */
import type { NativeCallOptions, NativeCascade, NativeInputs } from "../native/contract.js";
import { arrayTypes, type RequestTensor, rowLength, type TensorData } from "../spec/element-type.js";

/** Most rows and bytes of a block. A block's memory in the engine lives as long as its last row. */
const mostRows = 64;
const mostBytes = 1 << 16;

/** A tensor's place in the block. */
interface Column {
  readonly name: string;
  readonly rowLength: number;
  readonly rows: TensorData;
}

/** Told of rows that the engine refused: ids and the error. */
export type Refused = (firstId: number, count: number, thrown: unknown) => void;

export class RowBlock {
  readonly #native: NativeCascade;
  readonly #refused: Refused;
  /** Per tensor of the cascade; undefined: no member reads it. */
  readonly #columns: readonly (Column | undefined)[];
  readonly #given: readonly Column[];
  readonly #capacity: number;
  #count = 0;
  #firstId = 0;
  #options: NativeCallOptions | undefined;
  #scheduled = false;

  constructor(native: NativeCascade, table: readonly RequestTensor[], maxRows: number, refused: Refused) {
    this.#native = native;
    this.#refused = refused;
    const rowBytes = table.reduce(
      (sum, tensor) => sum + rowLength(tensor) * arrayTypes[tensor.type].BYTES_PER_ELEMENT,
      0,
    );
    // Ragged rows go alone: none is as long as the block's.
    const ragged = table.some((tensor) => tensor.ragged !== undefined);
    const fitting = ragged ? 0 : Math.floor(mostBytes / rowBytes);
    // Larger rows go alone, without a copy on the way.
    this.#capacity = fitting < 2 ? 0 : Math.min(mostRows, maxRows, fitting);
    this.#columns = table.map((tensor) => {
      if (tensor.tiers.length === 0) return undefined;
      const length = rowLength(tensor);
      return { name: tensor.name, rowLength: length, rows: new arrayTypes[tensor.type](this.#capacity * length) };
    });
    this.#given = this.#columns.filter((column) => column !== undefined);
  }

  /**
   * Takes a copy of the row, as call `id`. False: it is not plainly what the models read, or too large; nothing was
   * taken. Ids must follow each other from one flush to the next.
   */
  add(id: number, input: unknown, options: NativeCallOptions): boolean {
    if (this.#capacity === 0 || !this.#isPlain(input)) return false;
    if (this.#count === this.#capacity || (this.#count > 0 && !sameOptions(this.#options, options))) this.flush();
    for (const column of this.#given) {
      const value = isView(input) ? input : (input as Readonly<Record<string, TensorData>>)[column.name];
      copy(column, value, this.#count);
    }
    if (this.#count++ === 0) {
      this.#firstId = id;
      this.#options = options;
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      // Behind the callers whose promises have just settled: their next rows come along.
      void Promise.resolve().then(this.#flushLater);
    }
    return true;
  }

  /** Hands over what was collected. */
  flush(): void {
    const rows = this.#count;
    const options = this.#options;
    if (rows === 0 || options === undefined) return;
    this.#count = 0;
    let taken = 0;
    try {
      // Where there is not room for all, asking again for the others takes them or brings the reason.
      while (taken < rows) {
        taken += this.#native.submitRows(this.#firstId + taken, rows - taken, this.#inputs(taken, rows), options);
      }
    } catch (thrown) {
      this.#refused(this.#firstId + taken, rows - taken, thrown);
    }
  }

  #inputs(from: number, to: number): NativeInputs {
    return this.#columns.map((column) =>
      column === undefined ? null : column.rows.subarray(from * column.rowLength, to * column.rowLength),
    );
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Everything else is looked at, and refused, elsewhere. */
  #isPlain(input: unknown): boolean {
    if (isView(input)) {
      const [only, second] = this.#given;
      return only !== undefined && second === undefined && isRow(only, input);
    }
    if (typeof input !== "object" || input === null) return false;
    let names = 0;
    for (const _ in input) names++;
    if (names !== this.#given.length) return false;
    for (const column of this.#given) {
      if (!isRow(column, (input as Readonly<Record<string, unknown>>)[column.name])) return false;
    }
    return true;
  }
}

function isView(value: unknown): value is TensorData {
  return ArrayBuffer.isView(value);
}

function isRow(column: Column, value: unknown): boolean {
  if (!isView(value) || value.constructor !== column.rows.constructor || value.length !== column.rowLength)
    return false;
  const { buffer } = value;
  return buffer instanceof ArrayBuffer && (buffer as { readonly resizable?: boolean }).resizable !== true;
}

function copy(column: Column, value: TensorData | undefined, row: number): void {
  (column.rows as Float32Array).set(value as Float32Array, row * column.rowLength);
}

function sameOptions(a: NativeCallOptions | undefined, b: NativeCallOptions): boolean {
  if (a === b) return true;
  return (
    a !== undefined &&
    a.priority === b.priority &&
    a.deadlineMs === b.deadlineMs &&
    a.degradeOnDeadline === b.degradeOnDeadline &&
    a.detail === b.detail &&
    a.wait === b.wait
  );
}
