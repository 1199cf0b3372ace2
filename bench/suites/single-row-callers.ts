import { digitRows, digitsSpec, rowAt } from "../lib/digits.js";
import { JsCascade } from "../lib/js-cascade.js";
import { type Contestant, callersInFlight, throughput } from "../lib/measure.js";
import { MicroBatcher } from "../lib/micro-batcher.js";
import { quorate } from "../lib/quorate.js";
import { checkSameLabels } from "../lib/same-labels.js";
import { best, figure, type Suite } from "../lib/suite.js";
import { WorkerPool } from "../lib/worker-pool.js";

const callers = 256;
const checkedRows = 597;

export const singleRowCallers: Suite = {
  name: "single-row-callers",
  question: `${callers} callers, each with one row of the digits cascade in flight: how many rows per second?`,
  targets: [{ ratio: "rows/s: quorate / best JS", atLeast: 8 }],
  notes: [
    "JS per request: `session.run` of every member for every single row. JS micro-batch: the rows of one tick form a " +
      "batch; pool: two such batches at a time, each in a worker with its own copy of the models.",
    "Callers and engine share the cores: the JavaScript of 256 callers is part of every figure.",
    "The target's other half, 60 % of a C++ floor, is not measured: there is no floor yet.",
  ],
  async run(smoke) {
    const rows = digitRows(checkedRows);
    const spec = digitsSpec();
    const cascade = await quorate.Cascade.fromSpec(spec);
    const one = await JsCascade.open(spec, "one");
    const many = await JsCascade.open(spec, "default");
    const pool = await WorkerPool.open();
    const expected = (await cascade.runBatch(rows)).labels;
    checkSameLabels("JS", await one.run(rows), expected);
    checkSameLabels("JS pool", await pool.runLarge(rows), expected);

    const inFlight = (name: string, run: (row: Float32Array) => Promise<unknown>, burst: number): Contestant => ({
      name,
      work: () => callersInFlight((i) => run(rowAt(rows, i)), callers, burst),
    });
    const batched = (run: (rows: Float32Array) => Promise<Int32Array>, maxInFlight: number) => {
      const batcher = new MicroBatcher(run, maxInFlight, callers / maxInFlight);
      return (row: Float32Array) => batcher.run(row);
    };
    const figures = await throughput(
      [
        inFlight("quorate", (row) => cascade.run(row), 4096),
        inFlight("JS per request, intra_op 1", (row) => one.run(row), 512),
        inFlight("JS per request, default threads", (row) => many.run(row), 512),
        inFlight(
          "JS micro-batch, intra_op 1",
          batched((batch) => one.run(batch), 1),
          4096,
        ),
        inFlight(
          "JS micro-batch, default threads",
          batched((batch) => many.run(batch), 1),
          4096,
        ),
        inFlight(
          "JS micro-batch, worker pool",
          batched((batch) => pool.run(batch), pool.size),
          4096,
        ),
      ],
      smoke ? 20 : 200,
      smoke ? 1 : 3,
    );
    await pool.close();
    await cascade.close();
    const perRow = "CPU-s per 1e6 rows";
    return {
      figures,
      ratios: {
        "rows/s: quorate / best JS": figure(figures, "quorate", "rows/s") / best(figures, "JS", "rows/s", "high"),
        "rows/s: quorate / best JS per request":
          figure(figures, "quorate", "rows/s") / best(figures, "JS per request", "rows/s", "high"),
        "CPU per row: best JS / quorate": best(figures, "JS", perRow, "low") / figure(figures, "quorate", perRow),
      },
    };
  },
};
