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
  /** Shape of one row, without the batch dimension; [] for one number. */
  readonly rowShape: readonly number[];
  /** Indices of the tiers that read it. */
  readonly tiers: readonly number[];
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

/** Elements of one row: the product of its shape. */
export function rowLength({ rowShape }: { readonly rowShape: readonly number[] }): number {
  return rowShape.reduce((product, dimension) => product * dimension, 1);
}
