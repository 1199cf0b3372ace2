import { digitRows, digitsSpec, rowAt, rowSize } from "../lib/digits.js";
import { JsCascade, openSession } from "../lib/js-cascade.js";
import { latency as measureLatency } from "../lib/measure.js";
import { quorate } from "../lib/quorate.js";
import { modelPath } from "../lib/root.js";
import { figure, type Metrics, type Suite } from "../lib/suite.js";

export const latency: Suite = {
  name: "latency",
  question: "One row at a time, one caller: how long does run() take?",
  targets: [],
  notes: [
    "One model: tiny-a alone (a cascade of one tier with one member) against `session.run` of onnxruntime-node, which " +
      "computes on the JS thread: it blocks the event loop but hands nothing to another thread. Cascade: the whole " +
      "digits cascade against its JavaScript rival.",
    "The target (empty hop + bare C++ run + 8 µs) is not measured: neither the native empty hop nor the bare C++ run " +
      "is there. With other processes on the machine the tails are theirs.",
    "After a run() with `spinUs: 50` the worker keeps a core busy for up to 50 µs; CPU per row shows it.",
  ],
  async run(smoke) {
    const calls = smoke ? 50 : 1500;
    const rows = digitRows(256);
    const spec = digitsSpec();
    const figures: Record<string, Metrics> = {};
    let i = 0;
    const next = (): Float32Array => rowAt(rows, i++);
    for (const threads of ["one", "default"] as const) {
      const { Tensor } = await import("onnxruntime-node");
      const session = await openSession(modelPath("tiny-a.onnx"), threads);
      const name = `one model: onnxruntime-node, ${threads === "one" ? "intra_op 1" : "default threads"}`;
      figures[name] = await measureLatency(
        () => session.run({ image: new Tensor("float32", next(), [1, rowSize]) }),
        calls,
      );
      await session.release();
    }
    for (const spinUs of [0, 50]) {
      const single = await quorate.Cascade.fromSpec({
        spinUs,
        tiers: [{ name: "tiny", members: [modelPath("tiny-a.onnx")] }],
      });
      figures[`one model: quorate, spinUs ${spinUs}`] = await measureLatency(() => single.run(next()), calls);
      await single.close();
    }
    const js = await JsCascade.open(spec, "one");
    figures["cascade: JS on onnxruntime-node, intra_op 1"] = await measureLatency(() => js.run(next()), calls);
    for (const spinUs of [0, 50]) {
      const cascade = await quorate.Cascade.fromSpec({ ...spec, spinUs });
      figures[`cascade: quorate, spinUs ${spinUs}`] = await measureLatency(() => cascade.run(next()), calls);
      await cascade.close();
    }
    const p50 = (name: string): number => figure(figures, name, "p50 µs");
    const rival = Math.min(
      p50("one model: onnxruntime-node, intra_op 1"),
      p50("one model: onnxruntime-node, default threads"),
    );
    return {
      figures,
      ratios: {
        "one model, p50: quorate, spinUs 0 / onnxruntime-node": p50("one model: quorate, spinUs 0") / rival,
        "one model, p50: quorate, spinUs 50 / onnxruntime-node": p50("one model: quorate, spinUs 50") / rival,
        "cascade, p50: quorate, spinUs 0 / JS":
          p50("cascade: quorate, spinUs 0") / p50("cascade: JS on onnxruntime-node, intra_op 1"),
        "cascade, p50: quorate, spinUs 50 / JS":
          p50("cascade: quorate, spinUs 50") / p50("cascade: JS on onnxruntime-node, intra_op 1"),
      },
    };
  },
};
