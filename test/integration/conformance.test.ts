/** The independent reference's vectors, through the public API: function members give the vectors' scores. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Cascade, type FunctionMember, type OutputKind, type Rule } from "../../src/index.js";
import { answered } from "./paths.js";

interface Vector {
  readonly id: string | number;
  readonly combine: "vote" | "mean";
  readonly members: readonly {
    readonly output: OutputKind;
    readonly temperature: number;
    readonly scores: readonly (readonly unknown[])[];
  }[];
  readonly expect: {
    readonly label: readonly number[];
    readonly votes: readonly number[];
    readonly tied: readonly boolean[];
    readonly valid: readonly boolean[];
    readonly agreement: readonly number[];
    readonly score: readonly number[];
    readonly confidence: readonly number[];
    readonly margin: readonly number[];
    readonly entropy: readonly number[];
  };
  readonly rules: readonly { readonly rule: Rule; readonly exits: readonly boolean[] }[];
}

const file = new URL("../fixtures/decisions.json.gz", import.meta.url);
const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString()) as readonly Vector[];
/** The reference is in float64, measures are in float32. */
const tolerance = 2e-5;

/** A binary output as the two classes it stands for; -Inf alone is no valid logit, beside a 0 it would be. */
function widen(output: OutputKind, row: readonly number[]): readonly number[] {
  const [value = Number.NaN] = row;
  if (row.length > 1) return row;
  if (output === "probabilities") return [1 - value, value];
  return value === Number.NEGATIVE_INFINITY ? [value, value] : [0, value];
}

function memberOf({ output, temperature, scores }: Vector["members"][number], index: number): FunctionMember {
  const rows = scores.map((row) => widen(output, row.map(Number)));
  return {
    name: `member-${index}`,
    output,
    ...(output === "logits" ? { temperature } : {}),
    inputs: { x: { type: "float32", rowShape: [] } },
    run: async (batch) => Float32Array.from([...batch.rows].flatMap((row) => rows[row] ?? [])),
  };
}

function classesOf({ members }: Vector): number {
  return Math.max(2, members[0]?.scores[0]?.length ?? 0);
}

describe.each(vectors.map((vector) => [vector.id, vector] as const))("vector %s", (_, vector) => {
  const rows = vector.expect.label.length;
  const options = {
    classes: classesOf(vector),
    measures: ["score", "confidence", "margin", "entropy"],
    warmup: false,
  } as const;
  const tier = { members: vector.members.map(memberOf), combine: vector.combine, execution: "concurrent" } as const;

  it("has the reference's answers", async () => {
    const cascade = await Cascade.builder().options(options).tier("only", tier).build();
    const answer = await cascade.runBatch({ x: new Float32Array(rows) }, { trace: true });
    await cascade.close();
    expect([...answer.label]).toEqual(vector.expect.label);
    expect([...answer.votes]).toEqual(vector.expect.votes);
    expect([...answer.valid].map(Boolean)).toEqual(vector.expect.valid);
    const indices = Array.from({ length: rows }, (__, i) => i);
    expect(indices.map((i) => answered(answer, i).trace?.[0]?.tied)).toEqual(vector.expect.tied);
    for (const measure of ["agreement", "score", "confidence", "margin", "entropy"] as const) {
      const off = indices.filter(
        (i) => !(Math.abs((answer[measure][i] ?? Number.NaN) - (vector.expect[measure][i] ?? 0)) <= tolerance),
      );
      expect(off, measure).toEqual([]);
    }
  });

  it("exits where the reference exits, under every rule", async () => {
    const last = { members: [{ run: async ({ count }: { count: number }) => new Int32Array(count), name: "last" }] };
    for (const { rule, exits } of vector.rules) {
      const cascade = await Cascade.builder()
        .options(options)
        .tier("first", { ...tier, exitWhen: rule })
        .tier("last", last)
        .build();
      const answer = await cascade.runBatch({ x: new Float32Array(rows) });
      await cascade.close();
      expect(
        [...answer.tierIndex].map((t) => t === 0),
        JSON.stringify(rule),
      ).toEqual(exits);
    }
  });
});
