/** One line of a CSV file: the numbers of one tensor, and perhaps a label after them. */
import { invalidArgument } from "../errors.js";
import { type RequestTensor, rowLength } from "../spec/element-type.js";
import { type FileRow, toArray, toLabel } from "./file-row.js";

/** @throws QuorateError: a cell that is no number, or a wrong number of columns */
export function csvRow(line: string, tensor: RequestTensor): FileRow {
  const values = line.split(",").map((cell) => {
    const value = cell.trim() === "" ? Number.NaN : Number(cell);
    if (Number.isNaN(value) && !/^\s*nan\s*$/i.test(cell)) throw invalidArgument(`"${cell}" is not a number.`);
    return value;
  });
  const step = rowLength(tensor);
  // A ragged row takes the whole line, so it has no label.
  if (tensor.ragged !== undefined && values.length % step !== 0) {
    throw invalidArgument(`${values.length} columns, expected a multiple of ${step} for tensor "${tensor.name}".`);
  }
  const width = tensor.ragged === undefined ? step : values.length;
  if (values.length !== width && values.length !== width + 1) {
    throw invalidArgument(
      `${values.length} columns, expected ${width} for tensor "${tensor.name}", or ${width + 1} with a label.`,
    );
  }
  const label = values.length > width ? toLabel(values[width]) : undefined;
  return { tensors: { [tensor.name]: toArray(tensor.type, values.slice(0, width)) }, label };
}
