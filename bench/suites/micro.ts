import Benchmark from "benchmark";
import { digitsSpec, rowSize } from "../lib/digits.js";
import { nativeBench } from "../lib/native.js";
import { quorate } from "../lib/quorate.js";
import { modelPath } from "../lib/root.js";
import type { Metrics, Suite } from "../lib/suite.js";

export const micro: Suite = {
  name: "micro",
  question: "What do the calls across the boundary cost?",
  targets: [],
  notes: [
    "Measured with the package `benchmark`; ± is its relative margin of error within a trial.",
    "`run(): function member` is a tier whose one member is a JavaScript function: to the engine, back to the " +
      "function, to the engine, back to the caller.",
    "Empty hop: a row copied to an idle native thread and a promise settled, by the bench's own addon (suite `latency`).",
    "`runBatch(): 1 row, tiny-a` includes the model's run on another thread.",
  ],
  async run(smoke) {
    const cascade = await quorate.Cascade.fromSpec(digitsSpec());
    const single = await quorate.Cascade.fromSpec({
      tiers: [{ name: "tiny", members: [modelPath("tiny-a.onnx")] }],
    });
    const functions = await quorate.Cascade.fromSpec({
      classes: 10,
      tiers: [
        {
          name: "function",
          members: [
            {
              run: ({ count }: { count: number }) => new Int32Array(count),
              inputs: { image: { type: "float32", rowShape: [rowSize] } },
            },
          ],
        },
      ],
    });
    const row = new Float32Array(rowSize);
    const figures: Record<string, Metrics> = {};
    const options = smoke ? { minSamples: 2, maxTime: 0.02 } : { minSamples: 10, maxTime: 0.4 };
    const deferred = (name: string, call: () => Promise<unknown>) =>
      measure(name, {
        ...options,
        defer: true,
        fn: (deferred: { resolve(): void }) => void call().then(() => deferred.resolve()),
      });
    const measure = async (name: string, how: Benchmark.Options): Promise<void> => {
      const bench = await new Promise<Benchmark>((resolve, reject) => {
        new Benchmark(name, {
          ...how,
          onComplete: ({ currentTarget }: { currentTarget: Benchmark }) =>
            currentTarget.error === undefined ? resolve(currentTarget) : reject(currentTarget.error),
        }).run({ async: true });
      });
      figures[name] = { µs: bench.stats.mean * 1e6, "± %": bench.stats.rme };
    };
    // Kept, or the compiler would drop the work.
    let built: unknown;
    await measure("build a rule: allOf of two", {
      ...options,
      fn: () => {
        built = quorate.allOf(quorate.agreementAtLeast(1), quorate.scoreAtLeast(0.8));
      },
    });
    if (built === undefined) throw new Error("no rule was built");
    await measure("counters(): 3 tiers, 7 members", { ...options, fn: () => cascade.counters() });
    await deferred("empty hop", () => nativeBench.hop(row));
    await deferred("run(): function member", () => functions.run(row));
    await deferred("run(): tiny-a", () => single.run(row));
    await deferred("runBatch(): 1 row, tiny-a", () => single.runBatch(row));
    await Promise.all([cascade.close(), single.close(), functions.close()]);
    return { figures, ratios: {} };
  },
};
