import { InferenceSession, Tensor } from "onnxruntime-node";
import { type Contestant, callersInFlight, throughput } from "../lib/measure.js";
import { quorate } from "../lib/quorate.js";
import { best, figure, type Suite } from "../lib/suite.js";
import { modelFiles } from "../models/files.js";
import { Random } from "../models/random.js";
import { textTransformer, tokenFeatures } from "../models/text-transformer.js";

const longest = 512;
const batchSizes = [32, 128, 256];
const callers = 256;
/** Rows padded to the longest take so long that fewer of them must do. */
const fullRows = 64;

const toFull = "rows/s: runBatch / padded to 512";
const toSorted = "rows/s: runBatch / sorted by hand";

export const ragged: Suite = {
  name: "ragged",
  question:
    "Texts of log-normal lengths (median 20, p99 200, at most 512 tokens) through a transformer of 2 layers: rows/s " +
    "against padding to 512, and against batches sorted by hand?",
  targets: [
    { ratio: toFull, atLeast: 8 },
    { ratio: toSorted, atLeast: 0.8 },
  ],
  notes: [
    `Sorted by hand: all rows by length, ${batchSizes.join(", ")} at a time, whichever is fastest, each batch packed and ` +
      "padded to its longest before the clock starts, through one session of ONNX Runtime with its default threads.",
    `Callers: ${callers} with one row each, in random order.`,
  ],
  async run(smoke) {
    const [model = ""] = modelFiles("text-transformer", textTransformer, 1);
    const texts = textsOf(smoke ? 400 : 4000);
    const tiers = [{ name: "text", members: [model] }];
    const cascade = await quorate.Cascade.fromSpec({ tensors: { tokens: { ragged: true, pad: 0 } }, tiers });
    const full = await quorate.Cascade.fromSpec({ shapes: { tokens: [longest, tokenFeatures] }, tiers });
    const all = joined(texts);
    const padded = packed(texts.slice(0, fullRows), longest);
    const batch = async (work: () => Promise<unknown>, rows: number): Promise<number> => {
      await work();
      return rows;
    };
    const contestants: Contestant[] = [
      { name: "runBatch", work: () => batch(() => cascade.runBatch({ tokens: all }), texts.length) },
      {
        name: "callers",
        work: (until) => byCallers((i) => cascade.run(texts[i % texts.length] as Float32Array), until),
      },
      { name: "padded to 512", work: () => batch(() => full.runBatch({ tokens: padded }), fullRows) },
      ...(await Promise.all(batchSizes.map((size) => sortedByHand(model, texts, size)))),
    ];
    const figures = await throughput(contestants, smoke ? 30 : 1500, smoke ? 1 : 3);
    await Promise.all([cascade.close(), full.close()]);
    const rate = (name: string): number => figure(figures, name, "rows/s");
    const sorted = best(figures, "sorted by hand", "rows/s", "high");
    return {
      figures,
      ratios: {
        [toFull]: rate("runBatch") / rate("padded to 512"),
        [toSorted]: rate("runBatch") / sorted,
        "rows/s: callers / sorted by hand": rate("callers") / sorted,
      },
    };
  },
};

function textsOf(count: number): Float32Array[] {
  const random = new Random(7);
  const uniform = random.floats(2 * count, 1);
  return Array.from({ length: count }, (_, i) => {
    const [a = 0, b = 0] = [uniform[2 * i], uniform[2 * i + 1]];
    const normal = Math.sqrt(-2 * Math.log(Math.abs(a) + 1e-9)) * Math.cos(Math.PI * b);
    const length = Math.round(20 * Math.exp((Math.log(10) / 2.326) * normal));
    const text = random.floats(Math.min(Math.max(length, 1), longest) * tokenFeatures, 1);
    for (let at = 0; at < text.length; at += tokenFeatures) text[at] = 1;
    return text;
  });
}

function joined(texts: readonly Float32Array[]): { data: Float32Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = (offsets[i] ?? 0) + text.length / tokenFeatures;
  const data = new Float32Array((offsets.at(-1) ?? 0) * tokenFeatures);
  for (const [i, text] of texts.entries()) data.set(text, (offsets[i] ?? 0) * tokenFeatures);
  return { data, offsets };
}

function packed(texts: readonly Float32Array[], length: number): Float32Array {
  const data = new Float32Array(texts.length * length * tokenFeatures);
  for (const [i, text] of texts.entries()) data.set(text, i * length * tokenFeatures);
  return data;
}

async function byCallers(run: (i: number) => Promise<unknown>, until: number): Promise<number> {
  let rows = 0;
  await callersInFlight((i) => run(i).then(() => void rows++), callers, until);
  return rows;
}

async function sortedByHand(model: string, texts: readonly Float32Array[], perBatch: number): Promise<Contestant> {
  const session = await InferenceSession.create(model);
  const sorted = [...texts].sort((a, b) => a.length - b.length);
  const batches: Tensor[] = [];
  for (let at = 0; at < sorted.length; at += perBatch) {
    const rows = sorted.slice(at, at + perBatch);
    const length = (rows.at(-1)?.length ?? 0) / tokenFeatures;
    batches.push(new Tensor("float32", packed(rows, length), [rows.length, length, tokenFeatures]));
  }
  return {
    name: `sorted by hand, ${perBatch} at a time`,
    async work() {
      for (const tokens of batches) await session.run({ tokens });
      return sorted.length;
    },
  };
}
