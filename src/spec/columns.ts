/** Written by scripts/generate-columns.mjs from native/kernels/columns.h, which says what the columns hold. */

/** The measures that a cascade may report, and their bits. */
export const measureBits = {
  score: 1,
  confidence: 2,
  margin: 4,
  entropy: 8,
} as const;

export type Measure = keyof typeof measureBits;

/** Result columns, a value per row. */
export interface ResultColumns {
  readonly label: Int32Array;
  readonly votes: Uint8Array;
  readonly flags: Uint8Array;
  readonly voters: Uint8Array;
  readonly tierIndex: Uint8Array;
  readonly status: Uint8Array;
  readonly errorIndex: Uint8Array;
  readonly score?: Float32Array;
  readonly confidence?: Float32Array;
  readonly margin?: Float32Array;
  readonly entropy?: Float32Array;
}
