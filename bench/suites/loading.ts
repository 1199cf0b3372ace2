import { probe } from "../lib/probe.js";
import { median } from "../lib/statistics.js";
import { best, figure, type Metrics, type Suite } from "../lib/suite.js";

/** What is shown -> case of lib/loading-probe.ts. */
const cases = {
  quorate: "quorate",
  "quorate, warmup: false": "quorate-cold",
  "onnxruntime-node, intra_op 1": "js-one",
  "onnxruntime-node, default threads": "js-default",
};

export const loading: Suite = {
  name: "loading",
  question: "How long does it take to load the seven models of the digits cascade, and to load them a second time?",
  targets: [],
  notes: [
    "Each line is the median of three fresh processes per trial; the files are in the page cache. quorate: " +
      "`build()`. onnxruntime-node: `InferenceSession.create` of all seven at once.",
    "Second: the same files while the first is still open. quorate shares the loaded models within a process; sessions " +
      "of onnxruntime-node share nothing.",
    "quorate's `build()` also runs every model at each batch size it may meet; `warmup: false` leaves that to the first " +
      "calls.",
  ],
  async run(smoke) {
    const repeats = smoke ? 1 : 3;
    const figures: Record<string, Metrics> = {};
    for (const [name, id] of Object.entries(cases)) {
      const runs: Metrics[] = [];
      for (let i = 0; i < repeats; i++) runs.push(await probe<Metrics>("loading-probe", { args: [id] }));
      const metrics = Object.keys(runs[0] ?? {});
      figures[name] = Object.fromEntries(
        metrics.map((metric) => [metric, median(runs.map((run) => run[metric] ?? Number.NaN))]),
      );
    }
    const ratio = (metric: string): number =>
      figure(figures, "quorate", metric) / best(figures, "onnxruntime-node", metric, "low");
    return {
      figures,
      ratios: {
        "import + first: quorate / onnxruntime-node": ratio("import + first ms"),
        "second: quorate / onnxruntime-node": ratio("second ms"),
      },
    };
  },
};
