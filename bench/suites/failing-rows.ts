import { join } from "node:path";
import { type Contestant, callersInFlight, throughput } from "../lib/measure.js";
import { quorate } from "../lib/quorate.js";
import { root } from "../lib/root.js";
import { figure, type Suite } from "../lib/suite.js";

const callers = 200;
const oneIn = 100;
const good = Array.from({ length: 97 }, (_, i) => BigInt64Array.of(BigInt(i), 1n, 2n, 3n));
/** The table has no such entry. */
const bad = BigInt64Array.of(5000n, 1n, 2n, 3n);

export const failingRows: Suite = {
  name: "failing-rows",
  question: `${callers} callers with single rows, 1 in ${oneIn} of which the model rejects: what is left for the others?`,
  targets: [{ ratio: "rows/s of good rows: 1 % bad / none bad", atLeast: 0.5 }],
  notes: [
    "A model that looks rows of ids up in a table and fails on an id that is not there. Only good rows count. A run that " +
      "fails is repeated in halves, and batches are smaller while runs fail; a rejected call also costs its error.",
  ],
  async run(smoke) {
    const cascade = await quorate.Cascade.fromSpec({
      warmup: false,
      tiers: [{ name: "lookup", members: [join(root, "test", "field", "models", "lookup.onnx")] }],
    });
    const calls = (name: string, rowOf: (i: number) => BigInt64Array): Contestant => ({
      name,
      async work(until) {
        let answered = 0;
        const run = (i: number): Promise<void> =>
          cascade.run({ ids: rowOf(i) }).then(
            () => void answered++,
            () => undefined,
          );
        await callersInFlight(run, callers, until);
        return answered;
      },
    });
    const goodRow = (i: number): BigInt64Array => good[i % good.length] ?? bad;
    const figures = await throughput(
      [calls("none bad", goodRow), calls("1 % bad", (i) => (i % oneIn === 7 ? bad : goodRow(i)))],
      smoke ? 30 : 300,
      smoke ? 1 : 5,
    );
    await cascade.close();
    const rate = (name: string): number => figure(figures, name, "rows/s");
    return { figures, ratios: { "rows/s of good rows: 1 % bad / none bad": rate("1 % bad") / rate("none bad") } };
  },
};
