/**
 * The rival: the digits cascade as one would write it in JavaScript on onnxruntime-node. Its `session.run` computes
 * on the thread that calls it, so two cores need `WorkerPool` or intra-op threads.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type DigitsSpec, type RuleSpec, rowSize } from "./digits.js";

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

export class JsCascade {
  readonly #tiers: readonly Tier[];

  private constructor(tiers: readonly Tier[]) {
    this.#tiers = tiers;
  }

  static async open(spec: DigitsSpec, threads: Threads): Promise<JsCascade> {
    return new JsCascade(
      await Promise.all(
        spec.tiers.map(async (tier) => ({
          sessions: await Promise.all(tier.members.map((member) => openSession(member, threads))),
          agreement: thresholdOf(tier.exitWhen, "agreement"),
          score: thresholdOf(tier.exitWhen, "score"),
        })),
      ),
    );
  }

  /** Labels of row-major rows. */
  async run(rows: Float32Array): Promise<Int32Array> {
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
      const feeds = { image: new Tensor("float32", data, [indices.length, rowSize]) };
      const outputs = await Promise.all(tier.sessions.map((session) => session.run(feeds)));
      const logits = outputs.map((output) => output["logits"]?.data as Float32Array);
      const isLast = t === this.#tiers.length - 1;
      const deferred: number[] = [];
      for (let i = 0; i < indices.length; i++) {
        const vote = voteOn(logits, i, tier.sessions.length);
        if (isLast || (vote.agreement >= tier.agreement && vote.score >= tier.score)) {
          labels[indices[i] ?? 0] = vote.label;
        } else {
          deferred.push(i);
        }
      }
      if (deferred.length === 0) return;
      const next = new Float32Array(deferred.length * rowSize);
      for (const [to, from] of deferred.entries()) {
        next.set(data.subarray(from * rowSize, (from + 1) * rowSize), to * rowSize);
      }
      indices = deferred.map((i) => indices[i] ?? 0);
      data = next;
    }
  }
}

/** Scratch of `voteOn`: nothing is allocated per row. */
const means = new Float64Array(10);
const exponents = new Float64Array(10);
const votes = new Uint8Array(10);

function voteOn(logits: readonly Float32Array[], row: number, members: number) {
  means.fill(0);
  votes.fill(0);
  for (const output of logits) {
    const at = row * 10;
    let best = 0;
    for (let c = 1; c < 10; c++) if ((output[at + c] ?? 0) > (output[at + best] ?? 0)) best = c;
    const top = output[at + best] ?? 0;
    let sum = 0;
    for (let c = 0; c < 10; c++) {
      const exponent = Math.exp((output[at + c] ?? 0) - top);
      exponents[c] = exponent;
      sum += exponent;
    }
    for (let c = 0; c < 10; c++) means[c] = (means[c] ?? 0) + (exponents[c] ?? 0) / sum / members;
    votes[best] = (votes[best] ?? 0) + 1;
  }
  let label = 0;
  for (let c = 1; c < 10; c++) {
    const lead = (votes[c] ?? 0) - (votes[label] ?? 0);
    if (lead > 0 || (lead === 0 && (means[c] ?? 0) > (means[label] ?? 0))) label = c;
  }
  return { label, agreement: (votes[label] ?? 0) / members, score: means[label] ?? 0 };
}

function thresholdOf(rule: RuleSpec | undefined, kind: string): number {
  if (rule === undefined) return 0;
  if (rule.kind === kind) return rule.threshold ?? 0;
  return Math.max(0, ...(rule.rules ?? []).map((part) => thresholdOf(part, kind)));
}
