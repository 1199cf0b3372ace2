/** One line of a JSON-lines file: a record of tensors, or the numbers of the only one. */
import { invalidArgument, quoted, quotedList } from "../errors.js";
import { type RequestTensor, rowLength } from "../spec/element-type.js";
import { suggestion } from "../spec/nearest.js";
import { type FileRow, toArray, toLabel } from "./file-row.js";

/** @throws SyntaxError or QuorateError: not JSON, an unknown tensor, or not the numbers that the tensors need */
export function jsonRow(line: string, table: readonly RequestTensor[]): FileRow {
  const parsed: unknown = JSON.parse(line);
  const wanted = table.filter((tensor) => tensor.tiers.length > 0);
  const [first] = wanted;
  const record =
    Array.isArray(parsed) && wanted.length === 1 && first !== undefined ? { [first.name]: parsed as unknown } : parsed;
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw invalidArgument(`expected an object with ${namesOf(wanted)}.`);
  }
  const fields = record as Readonly<Record<string, unknown>>;
  checkNames(fields, table);
  const tensors = wanted.map(
    (tensor) => [tensor.name, toArray(tensor.type, numbers(tensor, fields[tensor.name]))] as const,
  );
  return {
    tensors: Object.fromEntries(tensors),
    label: fields["label"] === undefined ? undefined : toLabel(fields["label"]),
  };
}

function checkNames(fields: object, table: readonly RequestTensor[]): void {
  const known = [...table.map(({ name }) => name), "label"];
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = suggestion(unknown, known) || ".";
  throw invalidArgument(`no member reads a tensor "${unknown}" (known: ${quotedList(known)})${meant}`);
}

function numbers(tensor: RequestTensor, value: unknown): number[] {
  const wanted = rowLength(tensor);
  if (value === undefined) throw invalidArgument(`tensor "${tensor.name}" is missing, expected ${wanted} numbers.`);
  const flat: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  const other = flat.findIndex((item) => typeof item !== "number");
  if (other >= 0) {
    throw invalidArgument(`tensor "${tensor.name}": value ${other} is ${quoted(flat[other])}, expected a number.`);
  }
  const whole = tensor.ragged !== undefined && flat.length > 0 && flat.length % wanted === 0;
  if (whole || flat.length === wanted) return flat as number[];
  const expected = tensor.ragged === undefined ? `${wanted}` : `a multiple of ${wanted}`;
  throw invalidArgument(`tensor "${tensor.name}": expected ${expected} numbers, got ${flat.length}.`);
}

function namesOf(table: readonly RequestTensor[]): string {
  return quotedList(table.map(({ name }) => name));
}
