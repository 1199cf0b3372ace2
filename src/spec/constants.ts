/** Constants as users write them, as typed arrays. */
import { types } from "node:util";
import { arrayTypes, type ElementType, type TensorData } from "./element-type.js";
import type { Constant } from "./options.js";

/** A constant as plain data. */
export interface FlatConstant {
  readonly type: ElementType;
  /** Of nested arrays; [] for one number and for typed arrays. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** The constant flat; null when it is none: another type, arrays of unequal lengths, no numbers. */
export function flatConstant(value: unknown): FlatConstant | null {
  if (ArrayBuffer.isView(value)) return ofTypedArray(value);
  const shape = shapeOf(value);
  if (shape.includes(0)) return null;
  const leaves = Array.isArray(value) ? (value.flat(Number.POSITIVE_INFINITY) as unknown[]) : [value];
  const regular = fits(value as Constant, shape);
  if (!regular) return null;
  if (leaves.every((leaf) => typeof leaf === "bigint")) {
    const type = leaves.some((leaf) => leaf >= 2n ** 63n) ? "uint64" : "int64";
    const data = type === "uint64" ? BigUint64Array.from(leaves) : BigInt64Array.from(leaves);
    return { type, shape, data };
  }
  if (!leaves.every((leaf) => typeof leaf === "number" || typeof leaf === "boolean")) return null;
  return { type: "float64", shape, data: Float64Array.from(leaves, Number) };
}

function ofTypedArray(value: ArrayBufferView): FlatConstant | null {
  if (!types.isTypedArray(value) || value.byteLength === 0) return null;
  const name = value[Symbol.toStringTag];
  const type = elementTypes.find((each) => arrayTypes[each].name === name);
  return type === undefined ? null : { type, shape: [], data: value as TensorData };
}

/** Those that are the first with their array: float16 and bool come after uint16 and uint8 here. */
const elementTypes: readonly ElementType[] = [
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
];

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...(value.length === 0 ? [] : shapeOf(value[0]))] : [];
}

/** Whether all arrays of one depth have the same length. */
function fits(value: Constant, [length, ...inner]: readonly number[]): boolean {
  if (length === undefined) return !Array.isArray(value);
  return Array.isArray(value) && value.length === length && value.every((item: Constant) => fits(item, inner));
}
