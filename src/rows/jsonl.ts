/** One line of a JSON-lines file: a record of tensors, or the numbers of the only one. */
import { invalidArgument } from "../errors.js";
import { type RequestTensor, rowLength } from "../spec/element-type.js";
import { type FileRow, toArray, toLabel } from "./file-row.js";

/** @throws SyntaxError or QuorateError: not JSON, or not the numbers that the tensors need */
export function jsonRow(line: string, wanted: readonly RequestTensor[]): FileRow {
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

function numbers(tensor: RequestTensor, value: unknown): number[] {
  const flat: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  if (flat.length === rowLength(tensor) && flat.every((item) => typeof item === "number")) return flat as number[];
  throw invalidArgument(`tensor "${tensor.name}": expected ${rowLength(tensor)} numbers, got ${flat.length} values.`);
}
