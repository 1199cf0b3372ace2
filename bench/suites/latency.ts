import { Tensor } from "onnxruntime-node";
import { digitRows, digitsSpec, rowAt, rowSize } from "../lib/digits.js";
import { JsCascade, openSession, type Threads } from "../lib/js-cascade.js";
import { latency as measureLatency } from "../lib/measure.js";
import { nativeBench, runtimePaths } from "../lib/native.js";
import { type CascadeSpec, quorate } from "../lib/quorate.js";
import { modelPath } from "../lib/root.js";
import { median } from "../lib/statistics.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

const tinyModel = modelPath("tiny-a.onnx");
const oneModel = { tiers: [{ name: "tiny", members: [tinyModel] }] };

/** What is allowed beyond the empty hop and the bare run. */
const allowedUs = 8;
const spins = [0, 0.05] as const;
const againstFloor = (spinMs: number): string =>
  `one model, p50: quorate, spinMs ${spinMs} / (empty hop + bare C++ run + ${allowedUs} µs)`;

export const latency: Suite = {
  name: "latency",
  question: "One row at a time, one caller: how long does run() take?",
  targets: spins.map((spinMs) => ({ ratio: againstFloor(spinMs), atMost: 1 })),
  notes: [
    "One model: tiny-a alone (a cascade of one tier with one member) against `session.run` of onnxruntime-node, which " +
      "computes on the JS thread: it blocks the event loop but hands nothing to another thread. Cascade: the whole " +
      "digits cascade against its JavaScript rival.",
    "Empty hop: the same row copied to an idle native thread, which a condition variable wakes, and a promise settled " +
      "through a ThreadSafeFunction. Bare C++ run: tiny-a on one row, inputs and outputs bound before, again and again " +
      "on one thread, so with warm caches. The floor is the sum of their p50 and the 8 µs that are allowed beyond it.",
    "The contestants take five turns; a trial's figure is the median over the turns.",
    "After a run() with `spinMs: 0.05` the worker keeps a core busy for up to 50 µs; CPU per row shows it. With other " +
      "processes on the machine the tails are theirs.",
  ],
  async run(smoke) {
    const calls = smoke ? 50 : 1500;
    const turns = smoke ? 1 : 5;
    const rows = digitRows(256);
    let i = 0;
    const next = (): Float32Array => rowAt(rows, i++);
    // The process's threads spin as long as any cascade ever asked for: first all that must not meet that.
    const figures = {
      ...(await inTurns(turns, {
        "one model: onnxruntime-node, intra_op 1": () => sessionLatency("one", next, calls),
        "one model: onnxruntime-node, default threads": () => sessionLatency("default", next, calls),
        "cascade: JS on onnxruntime-node, intra_op 1": () => rivalLatency(next, calls),
        "one model: bare C++ run": () => bareRun(calls),
        "one model: empty hop": () => measureLatency(() => nativeBench.hop(next()), calls),
        "one model: quorate, spinMs 0": () => cascadeLatency(oneModel, 0, next, calls),
        "cascade: quorate, spinMs 0": () => cascadeLatency(digitsSpec(), 0, next, calls),
      })),
      ...(await inTurns(turns, {
        "one model: quorate, spinMs 0.05": () => cascadeLatency(oneModel, 0.05, next, calls),
        "cascade: quorate, spinMs 0.05": () => cascadeLatency(digitsSpec(), 0.05, next, calls),
      })),
    };
    const p50 = (name: string): number => figure(figures, name, "p50 µs");
    const floor = p50("one model: empty hop") + p50("one model: bare C++ run") + allowedUs;
    const session = best(figures, "one model: onnxruntime-node", "p50 µs", "low");
    const js = p50("cascade: JS on onnxruntime-node, intra_op 1");
    const each = (ratio: (spinMs: number) => [string, number]) => Object.fromEntries(spins.map(ratio));
    return {
      figures,
      ratios: {
        ...each((spinMs) => [againstFloor(spinMs), p50(`one model: quorate, spinMs ${spinMs}`) / floor]),
        ...each((spinMs) => [
          `one model, p50: quorate, spinMs ${spinMs} / onnxruntime-node`,
          p50(`one model: quorate, spinMs ${spinMs}`) / session,
        ]),
        ...each((spinMs) => [
          `cascade, p50: quorate, spinMs ${spinMs} / JS`,
          p50(`cascade: quorate, spinMs ${spinMs}`) / js,
        ]),
      },
    };
  },
};

/** Every contestant once per turn; of each metric the median over the turns. */
async function inTurns(
  turns: number,
  contestants: Record<string, () => Promise<Metrics>>,
): Promise<Record<string, Metrics>> {
  const measured = Object.entries(contestants).map(([name, measure]) => ({ name, measure, all: [] as Metrics[] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const { measure, all } of measured) all.push(await measure());
  }
  return Object.fromEntries(
    measured.map(({ name, all }) => [
      name,
      Object.fromEntries(
        Object.keys(all[0] ?? {}).map((metric) => [
          metric,
          median(all.map((metrics) => metrics[metric] ?? Number.NaN)),
        ]),
      ),
    ]),
  );
}

async function sessionLatency(threads: Threads, next: () => Float32Array, calls: number): Promise<Metrics> {
  const session = await openSession(tinyModel, threads);
  const run = () => session.run({ image: new Tensor("float32", next(), [1, rowSize]) });
  const metrics = await measureLatency(run, calls);
  await session.release();
  return metrics;
}

async function bareRun(calls: number): Promise<Metrics> {
  const { p50Us, p95Us, p99Us } = await nativeBench.singleRun({ runtimePaths, model: tinyModel, calls });
  return { "p50 µs": p50Us, "p95 µs": p95Us, "p99 µs": p99Us };
}

async function cascadeLatency(
  spec: CascadeSpec,
  spinMs: number,
  next: () => Float32Array,
  calls: number,
): Promise<Metrics> {
  const cascade = await quorate.Cascade.fromSpec({ ...spec, spinMs });
  const metrics = await measureLatency(() => cascade.run(next()), calls);
  await cascade.close();
  return metrics;
}

async function rivalLatency(next: () => Float32Array, calls: number): Promise<Metrics> {
  const js = await JsCascade.open(digitsSpec(), "one");
  return measureLatency(() => js.run(next()), calls);
}
