/**
 * The rival: a cascade as one would write it in JavaScript on onnxruntime-node. Its `session.run` computes on the
 * thread that calls it, so two cores need `WorkerPool` or intra-op threads. A single ensemble is a cascade of one tier.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { CascadeSpec } from "./cascade-spec.js";
import { Voter } from "./js-vote.js";
import type { Rule } from "./quorate.js";

/** "default": onnxruntime's own choice of threads; "one": intra_op 1. */
export type Threads = "default" | "one";

export function openSession(path: string, threads: Threads): Promise<InferenceSession> {
  return InferenceSession.create(path, threads === "one" ? { intraOpNumThreads: 1, interOpNumThreads: 1 } : {});
}

/** Rows per call of a session: the same as quorate's default `maxRows`. */
const chunkRows = 256;

interface Tier {
  readonly sessions: readonly InferenceSession[];
  /** Smallest share of votes and smallest mean score with which a row leaves. */
  readonly agreement: number;
  readonly score: number;
}

interface Shape {
  readonly inputName: string;
  readonly outputName: string;
  /** Of the input, without the batch dimension. */
  readonly rowShape: readonly number[];
  readonly classes: number;
}

export class JsCascade {
  /** Numbers per row. */
  readonly rowSize: number;
  readonly #tiers: readonly Tier[];
  readonly #shape: Shape;
  readonly #voter: Voter;

  private constructor(tiers: readonly Tier[], shape: Shape) {
    this.#tiers = tiers;
    this.#shape = shape;
    this.rowSize = shape.rowShape.reduce((product, dim) => product * dim, 1);
    this.#voter = new Voter(shape.classes);
  }

  static async open(spec: CascadeSpec, threads: Threads): Promise<JsCascade> {
    const tiers = await Promise.all(
      spec.tiers.map(async (tier) => ({
        sessions: await Promise.all(tier.members.map((member) => openSession(member, threads))),
        agreement: thresholdOf(tier.exitWhen, "agreement"),
        score: thresholdOf(tier.exitWhen, "score"),
      })),
    );
    return new JsCascade(tiers, shapeOf(tiers[0]?.sessions[0]));
  }

  /** Labels of row-major rows. */
  async run(rows: Float32Array): Promise<Int32Array> {
    const { rowSize } = this;
    const count = rows.length / rowSize;
    const labels = new Int32Array(count).fill(-1);
    for (let from = 0; from < count; from += chunkRows) {
      const to = Math.min(count, from + chunkRows);
      await this.#runChunk(rows.subarray(from * rowSize, to * rowSize), labels.subarray(from, to));
    }
    return labels;
  }

  async #runChunk(rows: Float32Array, labels: Int32Array): Promise<void> {
    let indices = Array.from(labels, (_, i) => i);
    let data = rows;
    for (const [t, tier] of this.#tiers.entries()) {
      const logits = await this.#infer(tier, data, indices.length);
      const isLast = t === this.#tiers.length - 1;
      const deferred: number[] = [];
      for (let i = 0; i < indices.length; i++) {
        const vote = this.#voter.vote(logits, i);
        if (isLast || (vote.agreement >= tier.agreement && vote.score >= tier.score)) {
          labels[indices[i] ?? 0] = vote.label;
        } else {
          deferred.push(i);
        }
      }
      if (deferred.length === 0) return;
      data = this.#gather(data, deferred);
      indices = deferred.map((i) => indices[i] ?? 0);
    }
  }

  /** The logits of every member. */
  async #infer(tier: Tier, data: Float32Array, count: number): Promise<Float32Array[]> {
    const { inputName, outputName, rowShape } = this.#shape;
    const feeds = { [inputName]: new Tensor("float32", data, [count, ...rowShape]) };
    const outputs = await Promise.all(tier.sessions.map((session) => session.run(feeds)));
    return outputs.map((output) => output[outputName]?.data as Float32Array);
  }

  #gather(data: Float32Array, rows: readonly number[]): Float32Array {
    const { rowSize } = this;
    const gathered = new Float32Array(rows.length * rowSize);
    for (const [to, from] of rows.entries()) {
      gathered.set(data.subarray(from * rowSize, (from + 1) * rowSize), to * rowSize);
    }
    return gathered;
  }
}

/** What the members of one cascade have in common. */
function shapeOf(session: InferenceSession | undefined): Shape {
  const input = session?.inputMetadata[0];
  const output = session?.outputMetadata[0];
  if (!input?.isTensor || !output?.isTensor) throw new Error("a rival needs a model from one tensor to one tensor");
  const rowShape = input.shape.slice(1).map(Number);
  return { inputName: input.name, outputName: output.name, rowShape, classes: Number(output.shape[1]) };
}

function thresholdOf(rule: Rule | undefined, kind: "agreement" | "score"): number {
  if (rule === undefined) return 0;
  if ("rules" in rule) return Math.max(0, ...rule.rules.map((part) => thresholdOf(part, kind)));
  return rule.kind === kind && "threshold" in rule ? rule.threshold : 0;
}
