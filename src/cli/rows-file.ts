/** Rows from CSV and JSON-lines files, read as a stream. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { invalidArgument, messageOf, QuorateError } from "../errors.js";
import type { ElementType, NativeTensorInfo } from "../native/contract.js";
import type { TensorData } from "../options.js";

/** One row of a file. */
export interface FileRow {
  readonly tensors: Readonly<Record<string, TensorData>>;
  /** The true class, where the file has it. */
  readonly label: number | undefined;
}

/**
 * CSV: the numbers of the cascade's one tensor, and a label after them if there is one column more; a first line
 * without numbers is a header. JSON lines: `[numbers]` or `{ tensor: numbers, ..., "label": class }`.
 * @throws QuorateError naming file and line
 */
export async function* readRows(path: string, table: readonly NativeTensorInfo[]): AsyncGenerator<FileRow> {
  const wanted = table.filter((tensor) => tensor.tiers.length > 0);
  const json = /\.(jsonl|ndjson)$/i.test(path);
  const only = wanted.length === 1 ? wanted[0] : undefined;
  if (!json && only === undefined) {
    throw invalidArgument(`${path}: the cascade reads ${wanted.length} tensors; give the rows as JSON lines (.jsonl).`);
  }
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === "" || (!json && number === 1 && !/^[\s,;]*[-+.\d]/.test(line))) continue;
      yield json ? jsonRow(line, wanted) : csvRow(line, only as NativeTensorInfo);
    }
  } catch (cause) {
    const where = number === 0 ? path : `${path}, line ${number}`;
    throw new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", `${where}: ${messageOf(cause)}`, { cause });
  } finally {
    lines.close();
  }
}

function csvRow(line: string, tensor: NativeTensorInfo): FileRow {
  const values = line.split(",").map((cell) => {
    const value = cell.trim() === "" ? Number.NaN : Number(cell);
    if (Number.isNaN(value) && !/^\s*nan\s*$/i.test(cell)) throw invalidArgument(`"${cell}" is not a number.`);
    return value;
  });
  const width = elements(tensor);
  if (values.length !== width && values.length !== width + 1) {
    throw invalidArgument(
      `${values.length} columns, expected ${width} for tensor "${tensor.name}", or ${width + 1} with a label.`,
    );
  }
  const label = values.length > width ? toLabel(values[width]) : undefined;
  return { tensors: { [tensor.name]: toArray(tensor.type, values.slice(0, width)) }, label };
}

function jsonRow(line: string, wanted: readonly NativeTensorInfo[]): FileRow {
  const parsed: unknown = JSON.parse(line);
  const [first] = wanted;
  const record =
    Array.isArray(parsed) && wanted.length === 1 && first !== undefined ? { [first.name]: parsed as unknown } : parsed;
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw invalidArgument(`expected an object with ${wanted.map((tensor) => `"${tensor.name}"`).join(", ")}.`);
  }
  const fields = record as Readonly<Record<string, unknown>>;
  const tensors = wanted.map(
    (tensor) => [tensor.name, toArray(tensor.type, numbers(tensor, fields[tensor.name]))] as const,
  );
  return {
    tensors: Object.fromEntries(tensors),
    label: fields["label"] === undefined ? undefined : toLabel(fields["label"]),
  };
}

function numbers(tensor: NativeTensorInfo, value: unknown): number[] {
  const flat: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  if (flat.length === elements(tensor) && flat.every((item) => typeof item === "number")) return flat as number[];
  throw invalidArgument(`tensor "${tensor.name}": expected ${elements(tensor)} numbers, got ${flat.length} values.`);
}

function toLabel(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw invalidArgument(`the label is ${JSON.stringify(value)}, expected a class index.`);
}

function elements(tensor: NativeTensorInfo): number {
  return tensor.rowShape.reduce((product, dimension) => product * dimension, 1);
}

function toArray(type: ElementType, values: readonly number[]): TensorData {
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
