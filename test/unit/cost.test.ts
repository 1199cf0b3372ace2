import { describe, expect, it } from "vitest";
import { costOf } from "../../src/cascade/cost.js";
import { type CascadeCounters, countersSince } from "../../src/cascade/counters.js";
import { liftCounters } from "../../src/cascade/lift.js";
import type { QuorateError } from "../../src/errors.js";
import { resolveSpec } from "../../src/spec/resolve.js";
import { counterProblems } from "../counter-problems.js";
import { zeroMember, zeroTier } from "./fake-native.js";
import { errorOf, openFake, twoTiers } from "./open.js";

const spec = resolveSpec({
  tiers: [
    { name: "edge", members: ["a", "b"], exitWhen: { kind: "agreement", threshold: 1 }, price: { perHour: 3.6 } },
    {
      name: "cloud",
      members: [{ run: async () => new Int32Array(1), price: { perCall: 0.5 } }],
      price: { perGigabyte: 10 },
    },
  ],
});
const quiet = { calls: 0, bytesSent: 0, bytesReceived: 0, reportedCost: 0 };

/** 100 rows: 80 leave at "edge", 20 at "cloud". */
function snapshot(times = 1): CascadeCounters {
  const member = { ...zeroMember, rowsRun: 100 * times, rowsPadded: 4 * times };
  const edge = {
    ...zeroTier(0),
    entered: 100 * times,
    exited: 80 * times,
    deferred: 20 * times,
    bytesToDevice: 7 * times,
    batches: times,
    queueTimes: Float64Array.of(0, 100 * times, 0),
    runTimes: Float64Array.of(0, 0, times),
  };
  const cloud = {
    ...zeroTier(0),
    entered: 20 * times,
    exited: 20 * times,
    queueTimes: Float64Array.of(20 * times, 0, 0),
  };
  return liftCounters(
    {
      submitted: 100 * times,
      settled: 100 * times,
      pending: 0,
      timeBoundsNs: Float64Array.of(1e6, 2e6),
      tiers: [
        { ...edge, members: [member, member] },
        { ...cloud, members: [{ ...member, rowsRun: 20 * times, rowsPadded: 0 }] },
      ],
      devices: [{ name: "cpu", busyNs: 3e9 * times, shares: [[1e9 * times, 2e9 * times], [0]] }],
    },
    spec,
    [[quiet, quiet], [{ calls: 4 * times, bytesSent: 1000 * times, bytesReceived: 200 * times, reportedCost: 0 }]],
  );
}

describe("cost", () => {
  const flops = [[10, 20], [1000]];
  const report = costOf(spec, snapshot(), flops, {}, []);

  it("charges every visited tier and executed member, padded rows too", () => {
    expect(report.tiers.map((tier) => tier.members.map((member) => member.flops))).toEqual([[1040, 2080], [20_000]]);
    expect(report.cascade).toMatchObject({ flops: 23_120, bytes: 7 + 1200, busyMs: 3000 });
  });

  it("is the sum over tiers, and a tier's the sum over members", () => {
    for (const figure of ["flops", "money", "bytes", "busyMs"] as const) {
      const sum = (parts: readonly Record<typeof figure, number | null>[]) =>
        parts.reduce((total, part) => total + (part[figure] ?? Number.NaN), 0);
      expect(sum(report.tiers)).toBe(report.cascade[figure]);
      for (const tier of report.tiers) expect(sum(tier.members)).toBe(tier[figure]);
    }
  });

  it("is money per busy hour, per call and per gigabyte", () => {
    expect(report.cascade.money).toBeCloseTo(3e-3 + 4 * 0.5 + (1200 / 1e9) * 10, 12);
    expect(costOf(spec, snapshot(), flops, { prices: { edge: { perRow: 1 } } }, []).tiers[0]?.money).toBe(200);
  });

  it("stands beside the same rows at the last tier, at its own rates", () => {
    expect(report.rows).toBe(100);
    expect(report.reference).toMatchObject({ flops: 100_000, bytes: 6000, busyMs: 0 });
    expect(report.reference.money).toBeCloseTo(20 * 0.5 + (6000 / 1e9) * 10, 12);
    expect(report.ratio.flops).toBeCloseTo(1 / 0.2312);
    expect(report.ratio.busyMs).toBe(0);
  });

  it.each([
    ["edge", 3000, 30],
    ["a", 1000, 10],
    ["edge/b", 2000, 20],
  ])("stands beside the same rows at %s alone", (reference, flopsOfRows, busyMs) => {
    const { reference: figures, ratio, cascade } = costOf(spec, snapshot(), flops, { reference }, []);
    expect(figures.flops).toBe(flopsOfRows);
    expect(figures.busyMs).toBe(busyMs * 100);
    expect(ratio.flops).toBe(flopsOfRows / (cascade.flops ?? 0));
  });

  it("stands beside a model that is in no tier, as far as its cost is given", () => {
    const reference = { flopsPerRow: 7, moneyPerRow: 0.25 };
    expect(costOf(spec, snapshot(), flops, { reference }, []).reference).toEqual({
      flops: 700,
      money: 25,
      bytes: null,
      busyMs: null,
    });
  });

  it("does not take unknown for zero", () => {
    expect(costOf(spec, snapshot(), [[10, 20], [null]], {}, []).cascade.flops).toBeNull();
    const idle = costOf(spec, snapshot(0), [[10, 20], [null]], {}, []);
    expect(idle.cascade).toEqual({ flops: 0, money: 0, bytes: 0, busyMs: 0 });
  });

  it("refuses prices for a tier that is none", async () => {
    const { cascade } = await openFake();
    expect((await errorOf(() => cascade.cost({ prices: { cluod: {} } }))).message).toBe(
      'cost, /prices: there is no tier "cluod" (tiers: "edge", "cloud"), did you mean "cloud"?',
    );
    expect((await errorOf(() => cascade.cost({ prices: { third: {} } }))).message).toBe(
      'cost, /prices: there is no tier "third" (tiers: "edge", "cloud").',
    );
  });

  it("refuses a reference that is no tier and no member, or may be several", async () => {
    const tier = (name: string) => ({ name, members: ["m/a.onnx", "m/b.onnx"] });
    const { cascade } = await openFake({
      tiers: [{ ...tier("one"), exitWhen: { kind: "agreement", threshold: 1 } }, tier("two")],
    });
    const refusal = async (reference: string) => {
      const { code, message } = (await errorOf(() => cascade.cost({ reference }))) as QuorateError;
      expect(code).toBe("QUORATE_ERR_INVALID_ARGUMENT");
      return message;
    };
    expect(await refusal("c.onx")).toBe(
      'cost, /reference: there is no tier or member "c.onx" (there are "one", "two", "a.onnx", "b.onnx"), did you mean "a.onnx"?',
    );
    expect(await refusal("a.onnx")).toBe(
      'cost, /reference: 2 members are called "a.onnx"; say which: "one/a.onnx", "two/a.onnx".',
    );
  });

  it("takes the user's FLOPs over the measured ones", async () => {
    const { cascade, native } = await openFake({
      tiers: [{ name: "one", members: [{ model: "a.onnx", flopsPerRow: 5 }] }],
    });
    native.flops = [[1000]];
    expect((await cascade.explain()).tiers[0]?.members[0]?.flopsPerRow).toBe(5);
  });
});

describe("counters", () => {
  it("have no problems", () => {
    expect(counterProblems(snapshot())).toEqual([]);
  });

  it("subtract to what happened in between", () => {
    expect(countersSince(snapshot(3), snapshot(1))).toEqual(snapshot(2));
    expect(counterProblems(countersSince(snapshot(3), snapshot(1)))).toEqual([]);
  });

  it("are times in milliseconds, whose differences are exact to the nanosecond", () => {
    const at = (ns: number): CascadeCounters => {
      const tier = { ...zeroTier(0), queueNs: ns, gatherNs: 2 * ns, uploadNs: 3 * ns, runNs: 4 * ns, reduceNs: 5 * ns };
      const tiers = [
        { ...tier, downloadNs: 6 * ns, scatterNs: 7 * ns, members: [{ ...zeroMember, rowsRun: 1, runNs: 8 * ns }] },
      ];
      const devices = [{ name: "cpu", busyNs: 9 * ns, shares: [[4 * ns, 5 * ns]] }];
      return liftCounters(
        { submitted: 0, settled: 0, pending: 0, timeBoundsNs: Float64Array.of(1e6), tiers, devices },
        spec,
        [],
      );
    };
    const { tiers, devices } = countersSince(at(123_456_789_012_345), at(123_456_789_012_338));
    expect(tiers[0]).toMatchObject({
      queueMs: 7e-6,
      gatherMs: 14e-6,
      uploadMs: 21e-6,
      runMs: 28e-6,
      reduceMs: 35e-6,
      downloadMs: 42e-6,
      scatterMs: 49e-6,
      members: [{ runMs: 56e-6 }],
    });
    expect(devices).toEqual([{ name: "cpu", busyMs: 63e-6, memberBusyMs: [[28e-6, 35e-6]] }]);
    expect(JSON.stringify(at(1))).not.toMatch(/(Ns|Us)"/);
  });

  it("of another cascade do not subtract", async () => {
    const { cascade } = await openFake(twoTiers);
    expect(await errorOf(() => cascade.counters({ since: snapshot() }))).toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
    });
  });

  it("tell which identity does not hold", () => {
    const good = snapshot();
    const [edge, cloud] = good.tiers;
    if (edge === undefined || cloud === undefined) throw new Error("two tiers");
    const bad = {
      ...good,
      settled: 99,
      tiers: [
        { ...edge, exited: 79 },
        { ...cloud, entered: 19, exited: 19 },
      ],
    };
    expect(counterProblems(bad)).toEqual([
      "submitted = settled + pending: 100 is not 99",
      expect.stringMatching(/^tier "edge": entered = .*: 100 is not 99$/),
      'tier "cloud": entered = deferred by "edge": 19 is not 20',
    ]);
  });
});

describe("explain", () => {
  it("says rules in votes, FLOPs and warnings", async () => {
    const { cascade, native } = await openFake({
      tiers: [
        { name: "edge", members: ["a", "b", "c"], exitWhen: { kind: "agreement", threshold: 0.5 } },
        { name: "last", members: ["d"] },
      ],
    });
    native.flops = [[1, 2, 3], ["d has no profile"]];
    const explanation = await cascade.explain();
    expect(explanation.tiers).toMatchObject([
      {
        exitWhen: "votes >= 2 of 3",
        requiredVotes: 2,
        flopsPerRow: 6,
        members: [{ name: "a", flopsPerRow: 1, device: "cpu" }, {}, {}],
      },
      { exitWhen: "every row leaves here", requiredVotes: null, flopsPerRow: null },
    ]);
    expect(explanation.warnings).toEqual(['tier "last", member 0 (d): its FLOPs are not known: d has no profile']);
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });

  it("says why members failed last, and what memory has room for", async () => {
    const { cascade, native } = await openFake({ tiers: [{ name: "one", members: ["a"] }] });
    native.flops = [[1]];
    const [tier] = native.now.tiers;
    const lastError = { code: "QUORATE_ERR_MEMBER", message: "a failed", count: 3 };
    const members = (tier?.members ?? []).map((member) => ({ ...member, lastError }));
    native.now = { ...native.now, tiers: [{ ...zeroTier(1), members, memoryRows: 8 }] };
    const { tiers, warnings } = await cascade.explain();
    expect(tiers).toMatchObject([{ memoryRows: 8, members: [{ lastError }] }]);
    expect(warnings).toEqual([
      'tier "one": larger runs failed for want of memory, so its batches have at most 8 rows since',
    ]);
  });

  it("still says the rest when FLOPs cannot be measured", async () => {
    const { cascade } = await openFake();
    const explanation = await cascade.explain();
    expect(explanation.warnings).toEqual(["FLOPs could not be measured: no profile"]);
    expect(explanation.tiers[0]?.flopsPerRow).toBeNull();
  });
});
