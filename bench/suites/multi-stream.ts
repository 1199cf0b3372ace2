import { checkContenders, openContenders } from "../lib/contenders.js";
import { digitRows, rowSize } from "../lib/digits.js";
import { latency } from "../lib/measure.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

const queryRows = 8;
const checkedRows = 592;

export const multiStream: Suite = {
  name: "multi-stream",
  question: `One caller, ${queryRows} rows of the digits cascade per query, the next query when the last is answered: how long does a query take?`,
  targets: [],
  notes: [
    "MLPerf's MultiStream scenario; its SingleStream, one row per query, is the suite `latency`.",
    `\`run()\`: ${queryRows} calls at once, waited for together. The pool gives each worker a part of the query.`,
  ],
  async run(smoke) {
    const rows = digitRows(checkedRows);
    const contenders = await openContenders();
    await checkContenders(contenders, rows);
    const { cascade, one, many, pool } = contenders;
    const singles = (query: Float32Array): Promise<unknown> =>
      Promise.all(
        Array.from({ length: queryRows }, (_, i) => cascade.run(query.subarray(i * rowSize, (i + 1) * rowSize))),
      );
    const ways: Record<string, (query: Float32Array) => Promise<unknown>> = {
      "quorate, runBatch()": (query) => cascade.runBatch(query),
      "quorate, run()": singles,
      "JS, intra_op 1": (query) => one.run(query),
      "JS, default threads": (query) => many.run(query),
      "JS, worker pool": (query) => pool.runLarge(query),
    };
    const figures: Record<string, Metrics> = {};
    let query = 0;
    const next = (): Float32Array => {
      const at = (query++ % (checkedRows / queryRows)) * queryRows;
      return rows.subarray(at * rowSize, (at + queryRows) * rowSize);
    };
    for (const [name, run] of Object.entries(ways)) {
      figures[name] = await latency(() => run(next()), smoke ? 30 : 2000, queryRows);
    }
    await contenders.close();
    const ratio = (metric: string): number =>
      figure(figures, "quorate, runBatch()", metric) / best(figures, "JS", metric, "low");
    return {
      figures,
      ratios: {
        "p50: quorate, runBatch() / best JS": ratio("p50 µs"),
        "p99: quorate, runBatch() / best JS": ratio("p99 µs"),
      },
    };
  },
};
