/** Rows from CSV and JSON-lines files, read as a stream. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { invalidArgument, messageOf, QuorateError } from "../errors.js";
import type { RequestTensor } from "../spec/element-type.js";
import { csvRow } from "./csv.js";
import type { FileRow } from "./file-row.js";
import { jsonRow } from "./jsonl.js";

/**
 * CSV: the numbers of the cascade's one tensor, and a label after them if there is one column more; a first line
 * without numbers is a header. JSON lines: `[numbers]` or `{ tensor: numbers, ..., "label": class }`.
 * @throws QuorateError naming file and line
 */
export async function* readRows(path: string, table: readonly RequestTensor[]): AsyncGenerator<FileRow> {
  const wanted = table.filter((tensor) => tensor.tiers.length > 0);
  const json = /\.(jsonl|ndjson)$/i.test(path);
  const only = wanted.length === 1 ? wanted[0] : undefined;
  if (!json && only === undefined) {
    throw invalidArgument(
      `"${path}": the cascade reads ${wanted.length} tensors; give the rows as JSON lines (.jsonl).`,
    );
  }
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() === "" || (!json && number === 1 && !/^[\s,;]*[-+.\d]/.test(line))) continue;
      yield json ? jsonRow(line, table) : csvRow(line, only as RequestTensor);
    }
  } catch (cause) {
    const where = number === 0 ? `"${path}"` : `"${path}", line ${number}`;
    throw new QuorateError("QUORATE_ERR_INVALID_ARGUMENT", `${where}: ${messageOf(cause)}`, { cause });
  } finally {
    lines.close();
  }
}
