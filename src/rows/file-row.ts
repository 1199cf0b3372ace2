/** A row of a file, in any format. */
import { invalidArgument } from "../errors.js";
import type { ElementType, TensorData } from "../spec/element-type.js";

/** One row of a file. */
export interface FileRow {
  readonly tensors: Readonly<Record<string, TensorData>>;
  /** The true class, where the file has it. */
  readonly label: number | undefined;
}

/** @throws QuorateError: not a class index */
export function toLabel(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw invalidArgument(`the label is ${JSON.stringify(value)}, expected a class index.`);
}

/** The numbers of one row as the tensor's array. @throws QuorateError for types without an array of numbers */
export function toArray(type: ElementType, values: readonly number[]): TensorData {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "int8":
      return Int8Array.from(values);
    case "uint8":
    case "bool":
      return Uint8Array.from(values);
    case "int16":
      return Int16Array.from(values);
    case "uint16":
      return Uint16Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "uint32":
      return Uint32Array.from(values);
    case "int64":
      return BigInt64Array.from(values, BigInt);
    case "uint64":
      return BigUint64Array.from(values, BigInt);
    case "float16":
    case "bfloat16":
      throw invalidArgument(`files of numbers cannot feed a ${type} tensor.`);
  }
}
