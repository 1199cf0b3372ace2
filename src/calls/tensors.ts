/** Request tensors: what a call gives is compared with what the models read, before anything is queued. */
import { types } from "node:util";
import { invalidArgument, type QuorateError } from "../errors.js";
import type { NativeInputs } from "../native/contract.js";
import {
  arrayTypes,
  type ElementType,
  type GivenData,
  type RaggedData,
  type RequestTensor,
  rowLength,
  type TensorData,
} from "../spec/element-type.js";
import { checkRagged, checkSameLengths, isRaggedData, type RaggedRows, raggedRows } from "./ragged.js";

/** A tensor's data, or a function that gives it when a row reaches a tier that needs it. */
export type LazyTensor = (rows: Uint32Array) => GivenData | Promise<GivenData>;

/** What a call gives for one tensor. */
type Given = GivenData | RaggedData | LazyTensor;

/** A call's tensors in the order of the cascade's table. */
export interface CheckedInputs {
  readonly native: NativeInputs;
  /** Rows of the call, at least 1. */
  readonly rows: number;
  /** Tensors given as functions, by their index in the table. */
  readonly lazy: ReadonlyMap<number, LazyTensor>;
}

/**
 * @param input a record of tensors, or a bare typed array when the cascade reads one tensor
 * @param rows number of rows when it is known beforehand; undefined = from the first tensor's length
 * @throws QuorateError that names the tensor, what was expected and what came
 */
export function checkInputs(table: readonly RequestTensor[], input: unknown, rows: number | undefined): CheckedInputs {
  const given = byName(table, input);
  for (const name of Object.keys(given)) {
    if (!table.some((tensor) => tensor.name === name)) {
      throw invalidArgument(`tensor "${name}" is read by no member, expected ${namesOf(table)}.`);
    }
  }
  const count = rows ?? rowsOf(table, given);
  const lazy = new Map<number, LazyTensor>();
  const ragged: { tensor: RequestTensor; offsets: Uint32Array }[] = [];
  const native = table.map((tensor, index) => {
    const value = given[tensor.name];
    if (value === undefined || value === null) {
      if (tensor.tiers.length === 0) return null;
      throw invalidArgument(`tensor "${tensor.name}" is missing, expected ${describe(tensor)}.`);
    }
    if (tensor.ragged !== undefined) {
      const rows = checkRagged(tensor, raggedGiven(tensor, value, count), count);
      ragged.push({ tensor, offsets: rows.offsets });
      return rows;
    }
    if (typeof value === "function") {
      lazy.set(index, value);
      return true;
    }
    const problem = dataProblem(tensor, value, count);
    if (problem !== undefined) throw invalidArgument(problem);
    return plainData(value as GivenData);
  });
  checkSameLengths(ragged);
  return { native, rows: count, lazy };
}

/** What a call gives of a ragged tensor, its data of the right kind. */
function raggedGiven(tensor: RequestTensor, value: Given, rows: number): RaggedRows {
  if (typeof value === "function") {
    throw invalidArgument(`tensor "${tensor.name}" is ragged: a function cannot give it, give its data.`);
  }
  const problem = arrayProblem(tensor, isRaggedData(value) ? value.data : value);
  if (problem !== undefined) throw invalidArgument(problem);
  if (isRaggedData(value)) return { data: plainData(value.data), offsets: value.offsets };
  if (rows === 1) return { data: plainData(value), offsets: undefined };
  throw invalidArgument(needsOffsets(tensor));
}

function needsOffsets({ name }: RequestTensor): string {
  return `tensor "${name}" is ragged, expected its rows as { data, offsets }.`;
}

/** Why `data` cannot be `count` rows of the tensor; undefined when it can. */
export function dataProblem(tensor: RequestTensor, data: unknown, count: number): string | undefined {
  const problem = arrayProblem(tensor, data);
  if (problem !== undefined) return problem;
  const { length } = data as TensorData;
  const expected = count * rowLength(tensor);
  if (length === expected) return undefined;
  const rows = count === 1 ? "1 row" : `${count} rows`;
  return `tensor "${tensor.name}" has ${length} elements, expected ${expected}: ${rows} of ${describe(tensor)}.`;
}

/** Why `data` is no array that the engine can read; undefined when it is. */
function arrayProblem(tensor: RequestTensor, data: unknown): string | undefined {
  const type = typeProblem(tensor, data);
  if (type !== undefined) return type;
  const { buffer } = data as TensorData;
  const subject = `tensor "${tensor.name}"`;
  if (types.isSharedArrayBuffer(buffer))
    return `${subject} lies in a SharedArrayBuffer, expected an ArrayBuffer: copy it first.`;
  if ((buffer as { resizable?: boolean }).resizable)
    return `${subject} lies in a resizable ArrayBuffer, expected one of fixed length: copy it first.`;
  if (isDetached(buffer as ArrayBuffer)) return `${subject} has been transferred away: its buffer is detached.`;
  return undefined;
}

/** Data of the tensor's type, as the array that the engine takes: a view over the same memory where it is another. */
export function plainData(data: GivenData): TensorData {
  const { buffer, byteOffset, length } = data;
  if (data[Symbol.toStringTag] === "Float16Array") return new Uint16Array(buffer, byteOffset, length);
  if (data[Symbol.toStringTag] === "Uint8ClampedArray") return new Uint8Array(buffer, byteOffset, length);
  return data as TensorData;
}

/** Other arrays that hold elements of the type. */
const alternatives: Partial<Readonly<Record<ElementType, string>>> = {
  float16: "Float16Array",
  uint8: "Uint8ClampedArray",
};

function typeProblem(tensor: RequestTensor, data: unknown): string | undefined {
  const expected = arrayTypes[tensor.type].name;
  // By its tag, not by its class: Float16Array is not everywhere, and arrays of other realms have other classes.
  const name = ArrayBuffer.isView(data) && !types.isDataView(data) ? tagOf(data) : undefined;
  if (name === expected || (name !== undefined && name === alternatives[tensor.type])) return undefined;
  return `tensor "${tensor.name}" is ${name ?? kindOf(data)}, expected ${describe(tensor)}${remedy(expected, data)}.`;
}

function tagOf(view: ArrayBufferView): string {
  return String((view as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag]);
}

/** How to make what is expected of what came. */
function remedy(expected: string, data: unknown): string {
  if (types.isPromise(data)) return ": await it";
  if (Array.isArray(data)) return `: ${expected}.from(${expected.startsWith("Big") ? "values, BigInt" : "values"})`;
  if (types.isAnyArrayBuffer(data)) return `: new ${expected}(buffer)`;
  if (types.isDataView(data)) return `: new ${expected}(view.buffer, view.byteOffset, length)`;
  return "";
}

function byName(table: readonly RequestTensor[], input: unknown): Readonly<Record<string, Given>> {
  if (ArrayBuffer.isView(input)) {
    const [only, ...others] = table.filter((tensor) => tensor.tiers.length > 0);
    if (only === undefined || others.length > 0) {
      throw invalidArgument(
        `a bare ${kindOf(input)} needs a cascade that reads one tensor, this one reads ${namesOf(table)}.`,
      );
    }
    return { [only.name]: input as GivenData };
  }
  const isOther = Array.isArray(input) || types.isPromise(input) || types.isAnyArrayBuffer(input);
  if (typeof input !== "object" || input === null || isOther) {
    const [first] = table.filter((tensor) => tensor.tiers.length > 0);
    const hint = first === undefined ? "" : remedy(arrayTypes[first.type].name, input);
    throw invalidArgument(`the input is ${kindOf(input)}, expected an object with ${namesOf(table)}${hint}.`);
  }
  return input as Readonly<Record<string, Given>>;
}

/** Rows of a batch, from the first tensor that is given as data. */
function rowsOf(table: readonly RequestTensor[], given: Readonly<Record<string, Given>>): number {
  for (const tensor of table) {
    const value = given[tensor.name];
    if (value === undefined || value === null || typeof value === "function") continue;
    if (isRaggedData(value) && tensor.ragged !== undefined) return raggedRows(tensor, value);
    const type = typeProblem(tensor, value);
    if (type !== undefined) throw invalidArgument(type);
    if (tensor.ragged !== undefined) throw invalidArgument(needsOffsets(tensor));
    const { length, buffer } = value as TensorData;
    if (length === 0) throw noRows(tensor, buffer as ArrayBuffer);
    const rows = length / rowLength(tensor);
    if (Number.isInteger(rows)) return rows;
    throw invalidArgument(
      `tensor "${tensor.name}" has ${length} elements, expected a multiple of ${rowLength(tensor)}: rows of ${describe(tensor)}.`,
    );
  }
  throw invalidArgument("every tensor is a function: give the number of rows as option `rows`.");
}

function noRows(tensor: RequestTensor, buffer: ArrayBuffer): QuorateError {
  return invalidArgument(
    isDetached(buffer)
      ? `tensor "${tensor.name}" has been transferred away: its buffer is detached.`
      : `tensor "${tensor.name}" has zero rows, expected at least one.`,
  );
}

/** Node 20 has no `ArrayBuffer.prototype.detached`, but a detached buffer takes no new view. */
function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0 || types.isSharedArrayBuffer(buffer)) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
}

function describe(tensor: RequestTensor): string {
  const shape = tensor.rowShape.length === 0 ? "one number" : `[${tensor.rowShape.join(", ")}]`;
  // Where the array's name does not say what its elements are.
  const type = ["float16", "bfloat16", "bool"].includes(tensor.type) ? ` (${tensor.type})` : "";
  return `${arrayTypes[tensor.type].name} of ${shape}${type}`;
}

function namesOf(table: readonly RequestTensor[]): string {
  const names = table.map((tensor) => `"${tensor.name}"`);
  return `${names.length === 1 ? "tensor" : "tensors"} ${names.join(", ")}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  const name = (value as { constructor?: { name?: string } }).constructor?.name;
  return name === undefined || name === "Object" ? "an object" : name;
}
