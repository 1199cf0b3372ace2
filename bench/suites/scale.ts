import { digitRows, digitsSpec, rowAt, rowSize } from "../lib/digits.js";
import { callersInFlight } from "../lib/measure.js";
import { type Cascade, quorate } from "../lib/quorate.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";

const pieceRows = 16_384;
const piecesInFlight = 2;
const bulkSizes = [1e3, 1e4, 1e5, 1e6, 1e7];
const streamSizes = [1e3, 1e4, 1e5];
const perRow = "CPU-s per 1e6 rows";

export const scale: Suite = {
  name: "scale",
  question: "What does a row of the digits cascade cost when a job has 1e3 to 1e7 rows?",
  targets: [],
  notes: [
    `runBatch(): pieces of ${pieceRows.toLocaleString("en-US")} rows, ${piecesInFlight} in flight, each filled from ` +
      "the test rows before its call. stream(): single rows with back-pressure, to 1e5 rows only, for time.",
    "Small jobs are repeated for a quarter of a second; 1e7 rows are done once. Peak RSS is the process's own, so far: " +
      "it grows from line to line, and shows that memory does not follow the number of rows.",
  ],
  patience: 600,
  async run(smoke) {
    const cascade = await quorate.Cascade.fromSpec(digitsSpec());
    const figures: Record<string, Metrics> = {};
    const bulk = bulkJob(cascade);
    const streamed = streamJob(cascade);
    const sizes = (all: readonly number[]) => (smoke ? all.slice(0, 2) : all);
    await bulk(1e5);
    for (const rows of sizes(bulkSizes)) figures[`runBatch(), ${exponent(rows)} rows`] = await measure(bulk, rows);
    await streamed(1e4);
    for (const rows of sizes(streamSizes)) figures[`stream(), ${exponent(rows)} rows`] = await measure(streamed, rows);
    await cascade.close();
    const cost = (rows: number): number => figure(figures, `runBatch(), ${exponent(rows)} rows`, perRow);
    return { figures, ratios: smoke ? {} : { "CPU per row, runBatch(): 1e7 rows / 1e5 rows": cost(1e7) / cost(1e5) } };
  },
};

type Job = (rows: number) => Promise<void>;

const exponent = (rows: number): string => `1e${Math.log10(rows)}`;

/** The whole job in pieces, through as many buffers as there are pieces in flight. */
function bulkJob(cascade: Cascade): Job {
  const source = digitRows(pieceRows);
  const free = Array.from({ length: piecesInFlight }, () => new Float32Array(source.length));
  return async (rows) => {
    let left = rows;
    const worker = async (buffer: Float32Array): Promise<void> => {
      while (left > 0) {
        const count = Math.min(left, pieceRows);
        left -= count;
        buffer.set(source);
        await cascade.runBatch(buffer.subarray(0, count * rowSize));
      }
    };
    await Promise.all(free.map(worker));
  };
}

function streamJob(cascade: Cascade): Job {
  const source = digitRows(597);
  function* rowsOf(count: number): Generator<Float32Array> {
    for (let i = 0; i < count; i++) yield rowAt(source, i);
  }
  return async (rows) => {
    let answered = 0;
    for await (const { label } of cascade.stream(rowsOf(rows))) answered += label >= 0 ? 1 : 0;
    if (answered !== rows) throw new Error(`${answered} of ${rows} rows were answered`);
  };
}

/** Repeats a short job. */
async function measure(job: Job, rows: number): Promise<Metrics> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const jobs = await callersInFlight(() => job(rows), 1, start + 250);
  const ms = performance.now() - start;
  const spent = process.cpuUsage(cpu);
  return {
    "rows/s": (jobs * rows * 1000) / ms,
    [perRow]: (spent.user + spent.system) / (jobs * rows),
    "peak RSS MiB": process.resourceUsage().maxRSS / 1024,
  };
}
