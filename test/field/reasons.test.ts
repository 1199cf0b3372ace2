/** Why a member failed, or why a figure is not known, is kept and said. */
import { describe, expect, it } from "vitest";
import { agreementAtLeast, Cascade, type CascadeSpec } from "../../src/index.js";
import { model } from "./open.js";

const x = (rows: number, value = 0): Float32Array => new Float32Array(4 * rows).fill(value);
const pair: CascadeSpec = {
  warmup: false,
  tiers: [
    { name: "pair", members: [model("plain"), model("rejects-nan")], exitWhen: agreementAtLeast(1) },
    { name: "big", members: [model("plain")] },
  ],
};

describe("a member that fails beside one that answers", () => {
  it("has its reason in the counters, in explain() and in the rows' traces", async () => {
    const cascade = await Cascade.fromSpec(pair);
    const answer = await cascade.runBatch({ x: x(10, Number.NaN) }, { trace: true });
    const reason = {
      code: "QUORATE_ERR_MEMBER",
      message: expect.stringMatching(/rejects-nan\.onnx failed: .*Gather/),
    };
    const [plain, failing] = cascade.counters().tiers[0]?.members ?? [];
    expect(plain?.lastError).toBe(null);
    expect(failing).toMatchObject({ rowsFailed: 10, lastError: { ...reason, count: 10 } });
    expect((await cascade.explain()).tiers[0]?.members[1]?.lastError).toEqual({ ...reason, count: 10 });
    const row = answer.at(9);
    expect(row.error === null && row.trace?.[0]?.members.map(({ error }) => error)).toEqual([null, reason]);
    await cascade.close();
  });

  it("counts anew when it fails otherwise, and since a snapshot only what came after", async () => {
    const messages = ["busy", "busy", "gone", "gone", "gone"];
    const run = () => {
      throw new Error(messages.shift() ?? "over");
    };
    const inputs = { x: { type: "float32", rowShape: [4] } } as const;
    const cascade = await Cascade.fromSpec({
      classes: 2,
      tiers: [{ name: "t", members: [{ name: "f", run, inputs }] }],
    });
    const fail = () => cascade.run({ x: x(1) }).catch(() => undefined);
    const last = (since?: ReturnType<Cascade["counters"]>) =>
      cascade.counters(since && { since }).tiers[0]?.members[0]?.lastError;
    expect(last()).toBe(null);
    await fail();
    await fail();
    expect(last()).toMatchObject({ message: expect.stringMatching(/: busy$/), count: 2 });
    await fail();
    expect(last()).toMatchObject({ message: expect.stringMatching(/: gone$/), count: 1 });
    const before = cascade.counters();
    expect(last(before)).toBe(null);
    await fail();
    await fail();
    expect(last(before)).toMatchObject({ message: expect.stringMatching(/: gone$/), count: 2 });
    await cascade.close();
  });
});

describe("what a function member throws", () => {
  it("is the cause of the row's error", async () => {
    class RateLimit extends Error {
      readonly status = 429;
    }
    const cascade = await Cascade.fromSpec({
      tiers: [
        { name: "a", members: [model("plain")], exitWhen: { kind: "never" } },
        {
          name: "b",
          members: [
            async () => {
              throw new RateLimit("slow down");
            },
          ],
        },
      ],
    });
    const error = await cascade.run({ x: x(1) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "QUORATE_ERR_MEMBER", cause: { status: 429 } });
    await cascade.close();
  });
});

describe("a figure that is not known", () => {
  it("has a warning that says why: a profile cannot be written", async () => {
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = "/proc";
    try {
      const cascade = await Cascade.fromSpec({ tiers: [{ name: "t", members: [model("plain")] }] });
      const { tiers, warnings } = await cascade.explain();
      expect(tiers[0]?.flopsPerRow).toBe(null);
      expect(warnings).toEqual([
        'tier "t", member 0 (plain.onnx): its FLOPs are not known: no folder for a profile can be made in /proc',
      ]);
      await cascade.close();
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  });

  it("has none where nobody expects it: functions", async () => {
    const run = ({ count }: { count: number }) => new Int32Array(count);
    const inputs = { x: { type: "float32", rowShape: [4] } } as const;
    const cascade = await Cascade.fromSpec({
      classes: 2,
      tiers: [{ name: "t", members: [{ name: "f", run, inputs }] }],
    });
    expect((await cascade.explain()).warnings).toEqual([]);
    await cascade.close();
  });
});
