/** Rows of ragged tensors: how long they are, and whether tensors agree in it. */
import { types } from "node:util";
import { invalidArgument } from "../errors.js";
import type { NativeRaggedData } from "../native/contract.js";
import { type RaggedData, type RequestTensor, rowLength, type TensorData } from "../spec/element-type.js";

/** What a call gives, as the tensor's array; without offsets it is one row. */
export interface RaggedRows {
  readonly data: TensorData;
  readonly offsets: RaggedData["offsets"] | undefined;
}

/** Most steps of a call: offsets are of 32 bits. */
const mostSteps = 0xffff_ffff;

/** Whether this is data with offsets, for several rows. */
export function isRaggedData(value: unknown): value is RaggedData {
  return typeof value === "object" && value !== null && "data" in value && "offsets" in value;
}

/** The rows of some data with offsets. @throws QuorateError: the offsets are no list of them */
export function raggedRows(tensor: RequestTensor, { offsets }: RaggedData): number {
  checkKind(tensor, offsets);
  if (offsets.length < 2) {
    throw invalidArgument(`tensor "${tensor.name}" has zero rows, expected at least one: n + 1 offsets for n rows.`);
  }
  return offsets.length - 1;
}

/**
 * One row as an array of its own length, or several with their offsets, as the engine takes them.
 * @throws QuorateError that names the tensor and the row
 */
export function checkRagged(
  tensor: RequestTensor,
  { data, offsets: given }: RaggedRows,
  rows: number,
): NativeRaggedData {
  const steps = data.length / rowLength(tensor);
  if (!Number.isInteger(steps)) {
    throw invalidArgument(
      `tensor "${tensor.name}" has ${data.length} elements, expected a multiple of ${rowLength(tensor)}: the elements of one step.`,
    );
  }
  const offsets = given === undefined ? Uint32Array.of(0, steps) : toUint32(tensor, given);
  if (offsets.length !== rows + 1) {
    throw invalidArgument(
      `tensor "${tensor.name}" has ${offsets.length} offsets, expected ${rows + 1} for ${rows} rows.`,
    );
  }
  checkOffsets(tensor, offsets, steps);
  return { data, offsets };
}

/** @throws QuorateError: in some row, tensors whose length has the same name are of different lengths */
export function checkSameLengths(given: readonly { tensor: RequestTensor; offsets: Uint32Array }[]): void {
  const first = new Map<unknown, (typeof given)[number]>();
  for (const one of given) {
    const length = one.tensor.rowShape[0];
    const other = first.get(length);
    if (other === undefined) {
      first.set(length, one);
      continue;
    }
    const at = one.offsets.findIndex((offset, i) => offset !== other.offsets[i]);
    if (at < 0) continue;
    throw invalidArgument(
      `row ${at - 1} has ${lengthAt(one.offsets, at)} "${length}" in tensor "${one.tensor.name}", expected as many as in ` +
        `tensor "${other.tensor.name}": ${lengthAt(other.offsets, at)}.`,
    );
  }
}

function lengthAt(offsets: Uint32Array, end: number): number {
  return (offsets[end] ?? 0) - (offsets[end - 1] ?? 0);
}

function checkOffsets(tensor: RequestTensor, offsets: Uint32Array, steps: number): void {
  const most = tensor.ragged?.maxLength ?? mostSteps;
  const subject = `tensor "${tensor.name}"`;
  if (offsets[0] !== 0) throw invalidArgument(`${subject}: offsets begin with ${offsets[0]}, expected 0.`);
  for (let end = 1; end < offsets.length; end++) {
    const length = lengthAt(offsets, end);
    if (length > 0 && length <= most) continue;
    if (length === 0) throw invalidArgument(`${subject}: row ${end - 1} has length 0, expected at least 1.`);
    if (length < 0) throw invalidArgument(`${subject}: offsets fall at row ${end - 1}, expected ascending ones.`);
    throw invalidArgument(`${subject}: row ${end - 1} has length ${length}, longer than its maxLength ${most}.`);
  }
  const last = offsets[offsets.length - 1];
  if (last === steps) return;
  throw invalidArgument(`${subject}: offsets end with ${last}, expected ${steps}, where the data ends.`);
}

function checkKind(tensor: RequestTensor, offsets: unknown): void {
  if (types.isInt32Array(offsets) || types.isUint32Array(offsets) || types.isBigInt64Array(offsets)) return;
  throw invalidArgument(
    `tensor "${tensor.name}": offsets must be an Int32Array, a Uint32Array or a BigInt64Array, n + 1 numbers for n rows.`,
  );
}

/** Negative and too large numbers become others, which the data's length does not fit. */
function toUint32(tensor: RequestTensor, offsets: RaggedData["offsets"]): Uint32Array {
  checkKind(tensor, offsets);
  if (types.isUint32Array(offsets)) return offsets;
  return types.isInt32Array(offsets) ? Uint32Array.from(offsets) : Uint32Array.from(offsets, Number);
}
