/** What is charged: every member's own, a model once per row, and beside that a reference of one's choice. */
import { describe, expect, it } from "vitest";
import { agreementAtLeast, Cascade, type CascadeCounters, type CascadeSpec } from "../../src/index.js";
import { counterProblems } from "../counter-problems.js";
import { model } from "./open.js";

const random = (rows: number): Float32Array => Float32Array.from({ length: 4 * rows }, (_, i) => Math.sin(i * i));

/** Nanoseconds charged on the CPU, [tier][member]. */
const charged = ({ devices }: CascadeCounters): number[][] =>
  (devices.find(({ name }) => name === "cpu")?.memberBusyMs ?? []).map((tier) =>
    tier.map((ms) => Math.round(ms * 1e6)),
  );

describe("members of very different cost in one tier", () => {
  const spec = (maxInFlight: number): CascadeSpec => ({
    tiers: [
      { name: "pair", members: [model("plain"), model("dear")], exitWhen: agreementAtLeast(1), batch: { maxInFlight } },
      { name: "last", members: [model("dear")] },
    ],
  });

  it.each([1, 2, 3, 4])(
    "are each charged, and all together as much as cost() says: %i in flight",
    async (maxInFlight) => {
      const cascade = await Cascade.fromSpec(spec(maxInFlight));
      await Promise.all(Array.from({ length: 8 }, () => cascade.runBatch({ x: random(2000) })));
      const counters = cascade.counters();
      expect(counterProblems(counters)).toEqual([]);
      const each = charged(counters).flat();
      expect(each).toHaveLength(3);
      // The last answers with what ran in the first tier.
      for (const ns of each.slice(0, 2)) expect(ns).toBeGreaterThan(0);
      const total = each.reduce((sum, ns) => sum + ns, 0);
      const cost = await cascade.cost();
      expect(cost.cascade.busyMs).toBeCloseTo(total / 1e6, 6);
      await cascade.close();
    },
  );
});

describe("a model in two tiers", () => {
  const spec: CascadeSpec = {
    tiers: [
      { name: "pair", members: [model("plain"), model("dear")], exitWhen: agreementAtLeast(1) },
      { name: "last", members: [model("dear")] },
    ],
  };

  it("runs once per row, is charged once, and explain() says so", async () => {
    const cascade = await Cascade.fromSpec(spec);
    const answer = await cascade.runBatch({ x: random(500) });
    const [pair, last] = cascade.counters().tiers;
    expect(last?.entered).toBeGreaterThan(0);
    expect(last?.members[0]).toMatchObject({ rowsRun: 0, rowsSkipped: 0, rowsReused: last?.entered, runMs: 0 });
    expect(pair?.members[1]?.rowsReused).toBe(0);
    const { tiers, reference, ratio } = await cascade.cost();
    expect(tiers[1]?.flops).toBe(0);
    // Of the reference, which ran in the first tier alone.
    expect(reference.flops).toBe(tiers[0]?.members[1]?.flops);
    expect(ratio.busyMs).toBeGreaterThan(0);
    const explained = (await cascade.explain()).tiers;
    expect(explained[1]?.members[0]?.reuses).toEqual({ tier: "pair", member: 1 });
    expect(explained[0]?.members.map(({ reuses }) => reuses)).toEqual([null, null]);
    const alone = await Cascade.fromSpec({ tiers: [{ name: "only", members: [model("dear")] }] });
    const expected = await alone.runBatch({ x: random(500) });
    for (let i = 0; i < answer.count; i++) {
      const row = answer.at(i);
      if (row.error === null && row.tier === "last") expect(row.label).toBe(expected.label[i]);
    }
    await Promise.all([cascade.close(), alone.close()]);
  });

  it("runs again on rows on which it failed", async () => {
    const cascade = await Cascade.fromSpec({
      tiers: [
        { name: "one", members: [model("rejects-nan")], exitWhen: agreementAtLeast(1), onFailure: "defer" },
        { name: "last", members: [model("rejects-nan"), model("plain")] },
      ],
    });
    const x = random(10);
    x[4] = Number.NaN;
    await cascade.runBatch({ x });
    const last = cascade.counters().tiers[1];
    expect(last?.entered).toBe(1);
    expect(last?.members[0]).toMatchObject({ rowsRun: 1, rowsReused: 0, rowsFailed: 1 });
    await cascade.close();
  });
});

describe("the reference of cost()", () => {
  it("is any tier or member, or a model that is in no tier", async () => {
    const cascade = await Cascade.fromSpec({
      tiers: [
        { name: "pair", members: [model("plain"), model("rejects-nan")], exitWhen: agreementAtLeast(1) },
        { name: "last", members: [model("dear")] },
      ],
    });
    await cascade.runBatch({ x: random(300) });
    const { tiers, reference } = await cascade.cost();
    const flops = async (name: string) => (await cascade.cost({ reference: name })).reference.flops;
    expect(await flops("last")).toBe(reference.flops);
    expect(await flops("dear.onnx")).toBe(reference.flops);
    expect(await flops("plain.onnx")).toBe(tiers[0]?.members[0]?.flops);
    expect(await flops("pair/plain.onnx")).toBe(await flops("plain.onnx"));
    expect(await flops("pair")).toBe(tiers[0]?.flops);
    const given = await cascade.cost({ reference: { flopsPerRow: 1000 } });
    expect(given.reference).toEqual({ flops: 300_000, money: null, bytes: null, busyMs: null });
    expect(given.ratio.flops).toBe(300_000 / (given.cascade.flops ?? 0));
    await expect(cascade.cost({ reference: "best.onnx" })).rejects.toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
    });
    await cascade.close();
  });
});
