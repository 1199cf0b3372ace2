import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { BatchAnswer } from "../../src/calls/batch-answer.js";
import { timeHistogram } from "../../src/cascade/counters.js";
import { QuorateError } from "../../src/errors.js";
import type { NativeColumns } from "../../src/native/results.js";
import { columns, rowColumns } from "./fake-native.js";
import { openFake, twoTiers } from "./open.js";

/** A batch of `count` rows, answered by the fake. */
async function batchOf(count: number, over: Partial<NativeColumns> = {}): Promise<BatchAnswer> {
  const { cascade, native } = await openFake();
  const call = cascade.runBatch({ x: new Float32Array(2 * count) });
  native.hooks.onBatch(1, columns(count, over));
  return call;
}

/** One failed row between two answers. */
const some: Partial<NativeColumns> = {
  label: Int32Array.of(2, -1, 0),
  status: Uint8Array.of(0, 2, 1),
  flags: Uint8Array.of(1 | 4 | 8, 0, 0),
  score: Float32Array.of(0.5, Number.NaN, Number.NaN),
  errorIndex: Uint16Array.of(0, 1, 0),
  errors: [{ code: "QUORATE_ERR_MEMBER", message: "every member failed" }],
};

describe("a batch's answer", () => {
  it("is shown with its columns", async () => {
    const text = inspect(await batchOf(3, some));
    expect(text).toMatch(/^BatchAnswer \{/);
    expect(text).toContain("count: 3");
    expect(text).toContain("label: Int32Array(3) [ 2, -1, 0 ]");
    expect(text).toContain("status: Uint8Array(3) [ 0, 2, 1 ]");
    expect(text).toContain("score: Float32Array(3) [ 0.5, NaN, NaN ]");
    expect(text).toContain("every member failed");
    expect(text).not.toContain("entropy");
  });

  it("is abbreviated when it is long, and when it lies deep", async () => {
    const batch = await batchOf(5000);
    expect(inspect(batch)).toMatch(/label: Int32Array\(5000\) \[[^\]]*\.\.\. 4990 more items/);
    expect(inspect(batch).length).toBeLessThan(2500);
    expect(inspect({ a: { b: { c: { batch } } } }, { depth: 3 })).toContain("[BatchAnswer]");
  });

  it("is JSON with words for statuses and null for what is unknown", async () => {
    expect(JSON.parse(JSON.stringify(await batchOf(3, some)))).toEqual({
      count: 3,
      status: ["ok", "failed", "invalid"],
      label: [2, -1, 0],
      tierIndex: [0, 0, 0],
      votes: [2, 2, 2],
      agreement: [2 / 3, 2 / 3, 2 / 3].map(Math.fround),
      score: [0.5, null, null],
      agreed: [true, false, false],
      valid: [true, false, false],
      degraded: [false, false, false],
      partial: [false, false, false],
      errors: [{ code: "QUORATE_ERR_MEMBER", message: "every member failed" }],
    });
  });

  it("has class names and traces in JSON and when shown, where there are some", async () => {
    const { cascade, native } = await openFake({ ...twoTiers, classes: ["cat", "dog", "owl"] });
    const call = cascade.runBatch({ x: new Float32Array(6) }, { trace: true });
    const tier = {
      tier: 0,
      label: 2,
      votes: 2,
      flags: 1 | 4 | 8,
      score: 0.5,
      memberVotes: [2, 2, -1],
      memberScores: [0.5, 0.5, 0],
      queueNs: 1e6,
      runNs: 2e6,
      batchRows: 3,
    } as never;
    native.hooks.onBatch(1, columns(3, { ...some, traces: [[tier], undefined, [tier]] }));
    const batch = await call;
    expect(batch.labelName).toEqual(["owl", null, "cat"]);
    expect(batch.trace?.map((tiers) => tiers.length)).toEqual([1, 0, 1]);
    const json = JSON.parse(JSON.stringify(batch));
    expect(json.labelName).toEqual(["owl", null, "cat"]);
    expect(json.trace[0]).toMatchObject([{ tierIndex: 0, label: 2, queueMs: 1 }]);
    expect(inspect(batch)).toContain("labelName: [ 'owl', null, 'cat' ]");
    expect(inspect(batch)).toContain("queueMs: 1");
  });

  it("says nothing of names and traces where there are none", async () => {
    const batch = await batchOf(3, some);
    expect(batch.labelName).toBeNull();
    expect(batch.trace).toBeNull();
    expect(Object.keys(batch.toJSON())).not.toContain("trace");
    expect(inspect(batch)).not.toContain("labelName");
  });

  it("gives rows that are JSON, with and without an answer", async () => {
    const batch = await batchOf(3, some);
    expect(JSON.parse(JSON.stringify(batch.at(0)))).toMatchObject({ status: "ok", error: null, label: 2 });
    expect(JSON.parse(JSON.stringify(batch.at(1)))).toMatchObject({
      status: "failed",
      error: { code: "QUORATE_ERR_MEMBER", problems: [{ message: "every member failed" }] },
    });
  });
});

describe("a cascade", () => {
  it("is shown with its classes, inputs, tiers and members, and whether it is open", async () => {
    const { cascade } = await openFake({ ...twoTiers, classes: ["cat", "dog", "owl"] });
    const text = inspect(cascade);
    expect(text).toMatch(/^Cascade \{\s+open: true,\s+classes: \[ 'cat', 'dog', 'owl' \]/);
    expect(text).toContain("'x: float32 [2]'");
    expect(text).toContain("exitWhen: 'votes >= 3 of 3'");
    expect(text).toContain("'large.onnx on cpu'");
    expect(cascade.open).toBe(true);
    const closed = cascade.close();
    expect(inspect(cascade)).toContain("open: false");
    await closed;
    expect(cascade.open).toBe(false);
  });

  it("is JSON that says the same", async () => {
    const { cascade } = await openFake();
    expect(JSON.parse(JSON.stringify(cascade))).toEqual({
      open: true,
      classes: 3,
      inputs: [{ name: "x", type: "float32", rowShape: [2], tiers: [0] }],
      tiers: [
        {
          name: "edge",
          exitWhen: "votes >= 3 of 3",
          execution: "concurrent",
          members: ["a.onnx", "b.onnx", "c.onnx"].map((name) => ({ name, device: "cpu" })),
        },
        {
          name: "cloud",
          exitWhen: "every row leaves here",
          execution: "concurrent",
          members: [{ name: "large.onnx", device: "cpu" }],
        },
      ],
    });
  });
});

describe("an error", () => {
  it("is JSON with its message, code, problems and its cause's message", () => {
    const error = new QuorateError("QUORATE_ERR_MEMBER", "every member failed", { cause: new Error("no route") });
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: "QuorateError",
        code: "QUORATE_ERR_MEMBER",
        message: "every member failed",
        problems: [{ code: "QUORATE_ERR_MEMBER", message: "every member failed" }],
        cause: "no route",
      },
    });
    expect(new QuorateError("QUORATE_ERR_CLOSED", "closed").toJSON()).not.toHaveProperty("cause");
  });
});

describe("counters", () => {
  it("show a histogram as its quantiles, and keep all of it as data", async () => {
    const { cascade } = await openFake();
    const before = cascade.counters();
    expect(inspect(before)).not.toContain("boundsMs");
    expect(inspect(before)).toMatch(/queueTime: \[(none|\d+ times?, p50 < [\d.]+ ms, p99 < [\d.]+ ms)\]/);
    expect(inspect(cascade.counters({ since: before }))).toContain("queueTime: [none]");
    expect(JSON.parse(JSON.stringify(before)).tiers[0].queueTime.boundsMs.length).toBeGreaterThan(0);
    const bounds = [1, 2, 4];
    expect(inspect(timeHistogram(bounds, [50, 0, 49, 1]))).toBe("[100 times, p50 < 1 ms, p99 < 4 ms]");
    expect(inspect(timeHistogram(bounds, [0, 0, 0, 1]))).toBe("[1 time, p50 >= 4 ms, p99 >= 4 ms]");
  });
});

describe("plain data", () => {
  it("is shown to the last level: counters, costs and explanations", async () => {
    const { cascade, native } = await openFake();
    native.flops = [[1, 2, 3], [4]];
    const counters = cascade.counters();
    for (const data of [
      counters,
      cascade.counters({ since: counters }),
      await cascade.cost(),
      await cascade.explain(),
    ]) {
      expect(inspect(data)).not.toMatch(/\[(Object|Array)\]/);
      expect(inspect(data)).toContain("large.onnx");
      expect(JSON.parse(JSON.stringify(data))).toEqual(data);
      expect(structuredClone(data)).toEqual(data);
    }
  });

  it("is an answer, with its trace to the last member", async () => {
    const { cascade, native } = await openFake();
    const member = { memberVotes: Int32Array.of(1, 1, -1), memberScores: Float32Array.of(0.5, 1, 0) };
    const times = { queueNs: 1, runNs: 1, batchRows: 7 };
    const tier = { tier: 0, label: 1, votes: 2, flags: 9, score: 0.75, ...member, ...times };
    const plain = cascade.run({ x: new Float32Array(2) });
    const traced = cascade.run({ x: new Float32Array(2) }, { trace: true });
    native.hooks.onRows(rowColumns([1, 2], { traces: [undefined, [tier]] }));
    expect(inspect(await plain)).toContain("trace: null");
    expect(inspect(await traced)).toContain("member: 'c.onnx', vote: null");
  });
});
