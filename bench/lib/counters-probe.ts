/** Measures the addon of `QUORATE_NATIVE_PATH`, a slice whenever told to: `{ kind, ms }` in, a `Slice` out. */
import { digitRows, digitsSpec, rowAt } from "./digits.js";
import { type Contestant, callersInFlight, runSlice } from "./measure.js";
import { quorate } from "./quorate.js";

export interface SliceRequest {
  readonly kind: "batches" | "callers";
  readonly ms: number;
}

const batchRows = 256;
const cascade = await quorate.Cascade.fromSpec(digitsSpec());
const rows = digitRows(batchRows);

const contestants: Record<SliceRequest["kind"], Contestant> = {
  batches: {
    name: "batches",
    work: async () => {
      await cascade.runBatch(rows);
      return batchRows;
    },
  },
  callers: {
    name: "callers",
    work: (until) => callersInFlight((i) => cascade.run(rowAt(rows, i)), 256, until),
  },
};

process.on("message", ({ kind, ms }: SliceRequest) => {
  void runSlice(contestants[kind], ms).then((slice) => process.send?.(slice));
});
process.send?.("ready");
