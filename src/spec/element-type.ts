/** What the elements of a tensor are, and the arrays that hold them. */

/** Element types by name, as `ElementName()` in native/base/views.h spells them. */
export type ElementType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

/** Any typed array that can hold row data; float16 and bfloat16 travel as Uint16Array, bool as Uint8Array. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Float16Array, where JavaScript has it. */
export interface HalfArray extends ArrayBufferView {
  readonly length: number;
  readonly [Symbol.toStringTag]: "Float16Array";
}

/** What calls may give: Float16Array for float16 too, and Uint8ClampedArray for uint8, as canvases have them. */
export type GivenData = TensorData | HalfArray | Uint8ClampedArray;

/** A tensor that calls give, by what the cascade's models read. */
export interface RequestTensor {
  readonly name: string;
  readonly type: ElementType;
  /** Shape of one row, without the batch dimension; [] for one number. The first of a ragged tensor's is its length's name. */
  readonly rowShape: readonly (number | string)[];
  /** Indices of the tiers that read it. */
  readonly tiers: readonly number[];
  /** Its rows have several lengths. */
  readonly ragged?: {
    /** Rows of several lengths share a batch, padded to the longest. */
    readonly padded: boolean;
    /** null: none. */
    readonly maxLength: number | null;
  };
}

/** Rows of a ragged tensor one after the other, as an Arrow list has them. */
export interface RaggedData {
  readonly data: GivenData;
  /** Where each row begins and the last one ends: n + 1 ascending numbers from 0, in steps of the tensor's length. */
  readonly offsets: Int32Array | Uint32Array | BigInt64Array;
}

interface ArrayType {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TensorData;
}

/** The array of each element type. */
export const arrayTypes: Readonly<Record<ElementType, ArrayType>> = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Elements of one row, of a ragged tensor those of one step: the product of the numbers in its shape. */
export function rowLength({ rowShape }: { readonly rowShape: readonly (number | string)[] }): number {
  return rowShape.reduce<number>((product, size) => (typeof size === "number" ? product * size : product), 1);
}
