/** A row that a member rejects fails alone, whatever shares its run. */
import { describe, expect, it } from "vitest";
import {
  type Answer,
  agreementAtLeast,
  Cascade,
  type CascadeSpec,
  type MemberReply,
  QuorateError,
  type TensorData,
  type TierSpec,
  votesAtLeast,
} from "../../src/index.js";
import { core, labelsOrErrors, model } from "./open.js";

type Rows = readonly Readonly<Record<string, TensorData>>[];

const ids = (count: number, bad: readonly number[]): Rows =>
  Array.from({ length: count }, (_, i) => ({
    ids: BigInt64Array.from([bad.includes(i) ? 5000n : BigInt(i % 100), 1n, 2n, 3n]),
  }));
const floats = (count: number, bad: readonly number[], badValue = Number.NaN): Rows =>
  Array.from({ length: count }, (_, i) => ({
    x: Float32Array.from([bad.includes(i) ? badValue : i % 7, 1 - (i % 3), 0.5, i % 2]),
  }));

/** The answer of each row that has one when it is alone; else the code of its error. */
async function alone(spec: CascadeSpec, rows: Rows): Promise<(object | string)[]> {
  const cascade = await Cascade.fromSpec(spec);
  const answers: (object | string)[] = [];
  for (const row of rows) answers.push(await cascade.run(row).then(core, ({ code }: QuorateError) => code));
  await cascade.close();
  return answers;
}

const outcome = (result: PromiseSettledResult<Answer>): object | string =>
  result.status === "fulfilled" ? core(result.value) : (result.reason as QuorateError).code;

/** Runs all rows at once and compares with each alone, of which these fail, and no others. */
async function expectAsAlone(spec: CascadeSpec, rows: Rows, failing: readonly number[] = []): Promise<Cascade> {
  const expected = await alone(spec, rows);
  const failed = [...expected.entries()].filter(([, end]) => typeof end === "string");
  expect(failed).toEqual(failing.map((row) => [row, "QUORATE_ERR_MEMBER"]));
  const cascade = await Cascade.fromSpec(spec);
  const together = await Promise.allSettled(rows.map((row) => cascade.run(row)));
  expect(together.map(outcome)).toEqual(expected);
  return cascade;
}

const one = (...members: TierSpec["members"]): CascadeSpec => ({ warmup: false, tiers: [{ name: "t", members }] });

describe("a row that a model rejects", () => {
  it("fails alone among twenty callers", async () => {
    const cascade = await expectAsAlone(one(model("lookup")), ids(20, [7]), [7]);
    const [member] = cascade.counters().tiers[0]?.members ?? [];
    expect(member).toMatchObject({ rowsRun: 20, rowsFailed: 1 });
    expect(member?.extraRuns).toBeLessThanOrEqual(2 * Math.log2(20) + 2);
    await cascade.close();
  });

  it.each([
    ["the first", [0]],
    ["the last", [99]],
    ["two side by side", [31, 32]],
    ["a third of all", Array.from({ length: 33 }, (_, i) => 3 * i)],
    ["all", Array.from({ length: 100 }, (_, i) => i)],
  ])("fails alone: %s of 100", async (_, bad) => {
    await (await expectAsAlone(one(model("lookup")), ids(100, bad), bad)).close();
  });

  it("fails alone in a batch, and says which row of the table it asked for", async () => {
    const cascade = await Cascade.fromSpec(one(model("lookup")));
    const all = BigInt64Array.from(ids(64, [5, 40]).flatMap((row) => [...(row["ids"] as BigInt64Array)]));
    const answer = await cascade.runBatch({ ids: all });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({ code: "QUORATE_ERR_MEMBER", message: expect.stringMatching(/5000/) });
    const failed = Array.from({ length: 64 }, (_, i) => i).filter((i) => answer.at(i).error !== null);
    expect(failed).toEqual([5, 40]);
    await cascade.close();
  });

  it("fails alone where the model takes batches of four only", async () => {
    await (await expectAsAlone(one(model("lookup-batch-4")), ids(30, [7, 22]), [7, 22])).close();
  });

  it("fails alone in a model of floats", async () => {
    await (await expectAsAlone(one(model("rejects-nan")), floats(50, [3, 49]), [3, 49])).close();
  });

  it.each([
    ["concurrent", agreementAtLeast(1)],
    ["concurrent", votesAtLeast(1)],
    ["sequential", votesAtLeast(1)],
    ["sequential", agreementAtLeast(1)],
  ] as const)("costs only its vote where another member answers, %s, %o", async (execution, exitWhen) => {
    const inputs = { x: { type: "float32", rowShape: [4] } } as const;
    const run = ({ count }: { count: number }): Float32Array =>
      Float32Array.from({ length: 3 * count }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const other = { name: "other", run, inputs, output: "logits" } as const;
    const tier: TierSpec = { name: "pair", members: [model("rejects-nan"), other], exitWhen, execution };
    const spec: CascadeSpec = {
      warmup: false,
      tiers: [tier, { name: "big", members: [model("plain")] }],
    };
    const cascade = await expectAsAlone(spec, floats(60, [11, 30]));
    const traced = await cascade
      .run(floats(1, [0])[0] as Rows[number], { trace: true })
      .catch((error: unknown) => error);
    expect(traced).not.toBeInstanceOf(Error);
    const [first] = (traced as Answer).trace ?? [];
    expect(first?.members[0]).toMatchObject({ vote: null, error: { code: "QUORATE_ERR_MEMBER" } });
    expect(first?.members[1]).toMatchObject({ vote: 0, error: null });
    await cascade.close();
  });

  it("goes on to the next tier alone with onFailure defer", async () => {
    const spec: CascadeSpec = {
      warmup: false,
      tiers: [
        { name: "small", members: [model("rejects-nan")], exitWhen: { kind: "always" }, onFailure: "defer" },
        { name: "big", members: [model("plain")] },
      ],
    };
    const cascade = await expectAsAlone(spec, floats(40, [9]));
    expect(cascade.counters().tiers[1]?.entered).toBe(1);
    const batch = await cascade.runBatch(
      { x: (floats(1, [0])[0] as Rows[number])["x"] as TensorData },
      { trace: true },
    );
    const row = batch.at(0);
    expect(row.error === null && row.trace?.map(({ tier, members }) => [tier, members[0]?.error?.code])).toEqual([
      ["small", "QUORATE_ERR_MEMBER"],
      ["big", undefined],
    ]);
    await cascade.close();
  });
});

describe("a model that fails on more than four rows", () => {
  it("answers them all", async () => {
    const cascade = await expectAsAlone(one(model("four-rows")), floats(40, []));
    expect(cascade.counters().tiers[0]?.members[0]?.rowsFailed).toBe(0);
    expect((await cascade.explain()).tiers[0]?.memoryRows).toBe(null);
    await cascade.close();
  });
});

describe("a model that runs out of memory", () => {
  it("answers all rows in smaller batches, and explain() says so", async () => {
    const cascade = await expectAsAlone(one(model("memory-for-eight")), floats(64, []));
    const { tiers, warnings } = await cascade.explain();
    expect(tiers[0]?.memoryRows).toBeLessThanOrEqual(8);
    expect(warnings).toContainEqual(expect.stringMatching(/^tier "t": larger runs failed for want of memory/));
    const before = cascade.counters();
    await Promise.all(floats(64, []).map((row) => cascade.run(row)));
    expect(cascade.counters({ since: before }).tiers[0]?.members[0]?.extraRuns).toBe(0);
    await cascade.close();
  });

  it("fails the row that takes all of it, and limits nobody", async () => {
    const cascade = await Cascade.fromSpec(one(model("memory-for-small")));
    const results = await Promise.allSettled(floats(32, [5], 1000).map((row) => cascade.run(row)));
    expect(results.flatMap(({ status }, i) => (status === "rejected" ? [i] : []))).toEqual([5]);
    expect(outcome(results[5] as PromiseSettledResult<Answer>)).toBe("QUORATE_ERR_MEMORY");
    expect((await cascade.explain()).tiers[0]?.memoryRows).toBe(null);
    await cascade.close();
  });
});

describe("a function member", () => {
  const rejectsNan = (calls: number[]) => ({
    name: "service",
    inputs: { x: { type: "float32", rowShape: [4] } } as const,
    run: async ({ tensors, count }: { tensors: Readonly<Record<string, TensorData>>; count: number }) => {
      calls.push(count);
      await null;
      const x = tensors["x"] as Float32Array;
      if (x.some(Number.isNaN)) throw new RangeError("NaN");
      return Int32Array.from({ length: count }, (_, i) => x[4 * i] as number);
    },
  });

  it("is called once when it throws", async () => {
    const calls: number[] = [];
    const cascade = await Cascade.fromSpec({ ...one(rejectsNan(calls)), classes: 7 });
    const x = Float32Array.from(floats(16, [3]).flatMap((row) => [...(row["x"] as Float32Array)]));
    const answer = await cascade.runBatch({ x });
    expect(calls).toEqual([16]);
    expect(answer.errors[0]?.cause).toBeInstanceOf(RangeError);
    expect(Array.from({ length: 16 }, (_, i) => answer.at(i).error?.code)).toEqual(
      Array(16).fill("QUORATE_ERR_MEMBER"),
    );
    await cascade.close();
  });

  it("is called again with halves with splitOnFailure", async () => {
    const calls: number[] = [];
    const cascade = await Cascade.fromSpec({ ...one({ ...rejectsNan(calls), splitOnFailure: true }), classes: 7 });
    const x = Float32Array.from(floats(16, [3]).flatMap((row) => [...(row["x"] as Float32Array)]));
    const answer = await cascade.runBatch({ x });
    expect(calls).toEqual([16, 8, 4, 2, 2, 1, 1, 4, 8]);
    const labels = labelsOrErrors(answer);
    expect(labels[3]).toMatchObject({ code: "QUORATE_ERR_MEMBER", cause: expect.any(RangeError) });
    expect(labels.map((label, i) => i === 3 || label)).toEqual(labels.map((_, i) => i === 3 || i % 7));
    expect(cascade.counters().tiers[0]?.members[0]).toMatchObject({ calls: 9, extraRuns: 8, rowsFailed: 1 });
    await cascade.close();
  });

  const giving = async (reply: MemberReply, output: "label" | "logits"): Promise<(number | Error)[]> => {
    const run = () => reply;
    const inputs = { x: { type: "float32", rowShape: [1] } } as const;
    const cascade = await Cascade.fromSpec({ ...one({ name: "rows", run, output, inputs }), classes: 3 });
    const answer = await cascade.runBatch({ x: new Float32Array(3) });
    await cascade.close();
    return labelsOrErrors(answer);
  };

  it("gives an Error in a row's place, which fails this row alone and is its cause", async () => {
    const reason = new TypeError("unreadable");
    for (const [reply, output] of [
      [[2, reason, 0], "label"],
      [[[0, 0, 9], reason, Float32Array.of(9, 0, 0)], "logits"],
    ] as const) {
      const [first, second, third] = await giving(reply, output);
      expect([first, third]).toEqual([2, 0]);
      expect(second).toBeInstanceOf(QuorateError);
      expect(second).toMatchObject({ code: "QUORATE_ERR_MEMBER", cause: reason });
      expect((second as Error).message).toMatch(/unreadable/);
    }
  });

  it.each<[MemberReply, "label" | "logits", RegExp]>([
    [[1, 2], "label", /an array of 2 rows, expected 3/],
    [[1, 1.5, 2], "label", /row 1 1.5, expected a label/],
    [[1, "2", 2] as never, "label", /row 1 "2", expected a label/],
    [[[0, 0, 9], [1], [9, 0, 0]], "logits", /row 1 1 scores, expected 3/],
    [[[0, 0, 9], 4, [9, 0, 0]] as never, "logits", /row 1 4, expected an array of 3 scores/],
  ])("that gives %j fails with a sentence", async (reply, output, message) => {
    for (const error of await giving(reply, output)) expect((error as Error).message).toMatch(message);
  });
});
