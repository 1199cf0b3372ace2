/** What calls take as rows. */
import type { GivenData, RaggedData } from "../spec/element-type.js";

/**
 * One row: data per request tensor, or a bare typed array when the cascade reads one tensor. A function is called
 * only when the row reaches a tier that needs the tensor.
 */
export type RowInput = GivenData | Readonly<Record<string, GivenData | (() => GivenData | Promise<GivenData>)>>;

/**
 * N rows: row-major data [N, ...rowShape] per request tensor, or one bare typed array; of a ragged tensor the rows one
 * after the other and their offsets. A function gets the indices
 * of the rows that need the tensor and gives the data of exactly those, in that order.
 */
export type BatchInput =
  | GivenData
  | Readonly<Record<string, GivenData | RaggedData | ((rows: Uint32Array) => GivenData | Promise<GivenData>)>>;
