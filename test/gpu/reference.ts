/** The CPU engine's answers, and which of them another device may give otherwise. */
import type { Case } from "./cases.js";
import { type BatchAnswer, type CascadeSpec, quorate, type Rule, type TierSpec } from "./package.js";
import { on } from "./placement.js";

/** Devices round otherwise, so a decision that hangs on less may fall either way. */
export const closeness = 1e-3;

export class Reference {
  readonly count: number;
  readonly #expected: BatchAnswer;
  /** Per tier, 1 where the row is close to a tie or a threshold of its rule. */
  readonly #close: readonly Uint8Array[];

  private constructor(expected: BatchAnswer, close: readonly Uint8Array[]) {
    this.count = expected.count;
    this.#expected = expected;
    this.#close = close;
  }

  static async of({ spec, rows }: Case): Promise<Reference> {
    const expected = await answers(spec, rows);
    const close: Uint8Array[] = [];
    for (const t of spec.tiers.keys()) close.push(await closeRows(spec, t, rows));
    return new Reference(expected, close);
  }

  /** Rows that are close to a tie or threshold at a tier they visit. */
  get closeRows(): number {
    let count = 0;
    for (const [i, tier] of this.#expected.tierIndex.entries()) if (this.#isClose(i, tier)) count++;
    return count;
  }

  /** The smallest share of the rows that a tier answers: a tier without rows would be compared with nothing. */
  get smallestExitShare(): number {
    const { tierIndex } = this.#expected;
    return Math.min(...this.#close.map((_, t) => tierIndex.filter((tier) => tier === t).length / this.count));
  }

  /** Whether row `i` got the CPU's answer. @throws when it got another one and was not close to a tie or threshold */
  isSame(i: number, label: number, tier: number): boolean {
    const expectedLabel = this.#expected.label[i] ?? -1;
    const expectedTier = this.#expected.tierIndex[i] ?? 0;
    if (label === expectedLabel && tier === expectedTier) return true;
    if (this.#isClose(i, Math.min(tier, expectedTier))) return false;
    throw new Error(
      `row ${i}: label ${label} of tier ${tier}, on the CPU label ${expectedLabel} of tier ${expectedTier}`,
    );
  }

  /** How many rows got another answer. @param rowOf which row of the reference row i is */
  differing(got: BatchAnswer, rowOf: (i: number) => number = (i) => i): number {
    let count = 0;
    for (const [i, label] of got.label.entries()) {
      const { error } = got.at(i);
      if (error !== null) throw error;
      if (!this.isSame(rowOf(i), label, got.tierIndex[i] ?? 0)) count++;
      else this.#checkMeasures(rowOf(i), i, got);
    }
    return count;
  }

  #isClose(i: number, lastTier: number): boolean {
    return this.#close.some((rows, t) => t <= lastTier && rows[i] === 1);
  }

  #checkMeasures(row: number, i: number, got: BatchAnswer): void {
    for (const name of ["score", "confidence", "margin"] as const) {
      const difference = Math.abs((got[name][i] ?? 0) - (this.#expected[name][row] ?? 0));
      if (!(difference < closeness)) throw new Error(`row ${row}: ${name} differs by ${difference}`);
    }
  }
}

async function answers(spec: CascadeSpec, rows: Float32Array): Promise<BatchAnswer> {
  const cascade = await quorate.Cascade.fromSpec(on(spec, "cpu"));
  try {
    return await cascade.runBatch(rows);
  } finally {
    await cascade.close();
  }
}

/**
 * Rows whose decision at tier `t` could fall otherwise: a member's two best scores, or those of the mean, or a measure
 * and its threshold lie close together. Of all rows, whether they get there or not.
 */
async function closeRows(spec: CascadeSpec, t: number, rows: Float32Array): Promise<Uint8Array> {
  const tiers = spec.tiers.slice(0, t + 1);
  const tier = tiers[t] as TierSpec;
  const reached = tiers.map((earlier, i): TierSpec => (i < t ? { ...earlier, exitWhen: quorate.never() } : earlier));
  const { exitWhen, ...alone } = tier;
  const measures = ["score", "confidence", "margin", "entropy"] as const;
  const mean = await answers({ measures, tiers: [...reached.slice(0, t), alone] }, rows);
  const distances = [mean.margin, ...thresholds(exitWhen).map(({ kind, at }) => mean[kind].map((x) => x - at))];
  for (const member of tier.members) {
    distances.push((await answers({ tiers: [{ name: "member", members: [member] }] }, rows)).margin);
  }
  return Uint8Array.from(mean.label, (_, i) => (distances.some((d) => Math.abs(d[i] ?? 0) < closeness) ? 1 : 0));
}

type Threshold = { readonly kind: "score" | "confidence" | "margin" | "entropy"; readonly at: number };

/** Those of measures; votes are whole numbers. */
function thresholds(rule: Rule | undefined): Threshold[] {
  switch (rule?.kind) {
    case "allOf":
    case "anyOf":
      return rule.rules.flatMap(thresholds);
    case "score":
    case "confidence":
    case "margin":
    case "entropy":
      return [{ kind: rule.kind, at: rule.threshold }];
    default:
      return [];
  }
}
