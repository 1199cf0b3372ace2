/** Written by scripts/generate-columns.mjs from native/kernels/columns.h, which says what the columns hold. */

/** A number that a cascade reports beside every answer where its `measures` ask for it. */
export type Measure = "score" | "confidence" | "margin" | "entropy";

/** The bit of each measure. */
export const measureBits: Readonly<Record<Measure, number>> = {
  score: 1,
  confidence: 2,
  margin: 4,
  entropy: 8,
};

/** Result columns, a value per row. */
export interface ResultColumns {
  readonly label: Int32Array;
  readonly votes: Uint8Array;
  readonly flags: Uint8Array;
  readonly voters: Uint8Array;
  readonly tierIndex: Uint8Array;
  readonly status: Uint8Array;
  readonly errorIndex: Uint16Array;
  readonly score?: Float32Array;
  readonly confidence?: Float32Array;
  readonly margin?: Float32Array;
  readonly entropy?: Float32Array;
}
