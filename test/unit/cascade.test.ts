import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { rowStatusNames } from "../../src/calls/batch-row.js";
import { QuorateError } from "../../src/errors.js";
import type { NativeColumns } from "../../src/native/results.js";
import { columns, rowColumns, tensorX } from "./fake-native.js";
import { errorOf, openFake, turn, twoTiers, useFake } from "./open.js";

const row = { x: new Float32Array(2) };
const three = { x: new Float32Array(6) };

describe("building", () => {
  it("gives the addon numbers and defaults", async () => {
    const { native } = await openFake({ ...twoTiers, classes: ["a", "b", "c"], measures: ["entropy"] });
    const { spec } = native;
    expect(spec).toMatchObject({
      classes: 3,
      measures: 8,
      maxRowsInFlight: 65_536,
      maxBytesInFlight: 2 ** 28,
      warmup: true,
    });
    expect(spec.tiers[0]).toMatchObject({
      name: "edge",
      rule: [{ kind: "votes", votes: 3 }],
      combine: "vote",
      device: "auto",
      maxRows: 256,
      maxDelayNs: 0,
      onOverload: null,
    });
    expect(spec.tiers[1]?.rule).toEqual([]);
  });

  it("gives the addon durations in nanoseconds", async () => {
    const tier = { name: "one", members: ["a.onnx"], batch: { maxDelayMs: 1.5 } };
    const { native } = await openFake({ spinMs: 0.05, tiers: [tier] });
    expect(native.spec.spinNs).toBe(50_000);
    expect(native.spec.tiers[0]?.maxDelayNs).toBe(1_500_000);
  });

  it("gives a tier's CUDA options to each of its models, with defaults", async () => {
    const members = ["a.onnx", { run: async () => new Int32Array(1) }];
    const tier = { name: "one", members, exitWhen: { kind: "always" as const } };
    const { native } = await openFake({
      classes: 3,
      tiers: [
        { ...tier, cuda: { graphs: true, memoryLimitBytes: 2 ** 30 } },
        { name: "two", members: ["a.onnx"] },
      ],
    });
    const [model, made] = native.spec.tiers[0]?.members ?? [];
    const silent = { graphs: false, tf32: false, memoryLimitBytes: 0, convSearch: "heuristic" };
    expect(model?.cuda).toEqual({ ...silent, graphs: true, memoryLimitBytes: 2 ** 30 });
    expect(made).not.toHaveProperty("cuda");
    expect(native.spec.tiers[1]?.members[0]?.cuda).toEqual(silent);
  });

  it("maps a member's class names to the cascade's order", async () => {
    const members = [{ model: "a.onnx", classes: ["c", "a", "b"] }];
    const { native } = await openFake({ classes: ["a", "b", "c"], tiers: [{ name: "one", members }] });
    expect(native.spec.tiers[0]?.members[0]?.classMap).toEqual(Int32Array.of(2, 0, 1));
  });

  it("rejects with every problem the addon found", async () => {
    useFake({
      problems: [
        { code: "QUORATE_ERR_MODEL_LOAD", message: "a.onnx is truncated." },
        { code: "QUORATE_ERR_MODEL_MISMATCH", message: "b.onnx has 7 classes." },
      ],
    });
    const { Cascade } = await import("../../src/cascade/cascade.js");
    const error = await errorOf(() => Cascade.fromSpec(twoTiers));
    expect(error).toBeInstanceOf(QuorateError);
    expect(error).toMatchObject({
      code: "QUORATE_ERR_MODEL_LOAD",
      problems: [{}, { code: "QUORATE_ERR_MODEL_MISMATCH" }],
    });
    expect(error.message).toBe("the cascade has 2 problems:\n  - a.onnx is truncated.\n  - b.onnx has 7 classes.");
  });

  it("collects tiers and options in the builder", async () => {
    useFake();
    const { Cascade } = await import("../../src/cascade/cascade.js");
    const cascade = await Cascade.builder()
      .options({ classes: 3 })
      .tier("one", { members: ["a.onnx"] })
      .options({ warmup: false })
      .build();
    expect(cascade.spec).toEqual({
      classes: 3,
      warmup: false,
      tiers: [{ name: "one", members: [`${process.cwd()}/a.onnx`] }],
    });
  });
});

describe("run", () => {
  it("answers with names, measures and flags", async () => {
    const { cascade, native } = await openFake({ ...twoTiers, classes: ["a", "b", "c"] });
    const answer = cascade.run(row);
    native.hooks.onRows(rowColumns([1], { confidence: Float32Array.of(0.875), margin: Float32Array.of(Number.NaN) }));
    expect(await answer).toEqual({
      label: 1,
      labelName: "b",
      tier: "edge",
      tierIndex: 0,
      votes: 2,
      agreement: 2 / 3,
      score: 0.75,
      confidence: 0.875,
      margin: null,
      entropy: null,
      agreed: true,
      valid: true,
      degraded: false,
      partial: false,
      trace: null,
    });
  });

  it("answers, not rejects, a row without a valid vote", async () => {
    const { cascade, native } = await openFake({ ...twoTiers, classes: ["a", "b", "c"] });
    const answer = cascade.run(row);
    native.hooks.onRows(
      rowColumns([1], { label: Int32Array.of(-1), flags: Uint8Array.of(1), status: Uint8Array.of(1) }),
    );
    expect(await answer).toMatchObject({ label: -1, valid: false, agreed: false });
    expect(await answer).toMatchObject({ labelName: null });
  });

  it.each([
    [2, "QUORATE_ERR_INTERNAL"],
    [3, "QUORATE_ERR_ABORTED"],
    [4, "QUORATE_ERR_DEADLINE"],
    [5, "QUORATE_ERR_QUEUE_FULL"],
  ])("rejects status %d with a code of its own", async (status, code) => {
    const { cascade, native } = await openFake();
    const answer = cascade.run(row);
    native.hooks.onRows(rowColumns([1], { status: Uint8Array.of(status) }));
    expect(await errorOf(() => answer)).toMatchObject({ code });
  });

  it("rejects with the row's own error", async () => {
    const { cascade, native } = await openFake();
    const answers = [cascade.run(row), cascade.run(row)];
    const errors = [
      { code: "QUORATE_ERR_MEMBER", message: "every member failed" },
      { code: "QUORATE_ERR_DEADLINE", message: "too late" },
    ];
    native.hooks.onRows(rowColumns([1, 2], { status: Uint8Array.of(2, 4), errorIndex: Uint16Array.of(1, 2), errors }));
    expect(await errorOf(() => answers[0])).toMatchObject({
      code: "QUORATE_ERR_MEMBER",
      message: "every member failed",
    });
    expect(await errorOf(() => answers[1])).toMatchObject({ code: "QUORATE_ERR_DEADLINE" });
  });

  it("rejects what the addon throws, with its code", async () => {
    const { cascade, native } = await openFake();
    native.refusal = Object.assign(new Error("65536 rows are in flight"), { code: "QUORATE_ERR_QUEUE_FULL" });
    const error = await errorOf(() => cascade.run(row));
    expect(error).toBeInstanceOf(QuorateError);
    expect(error).toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL" });
    expect(native.submitted).toHaveLength(0);
  });

  it("does not wait at the admission bounds, runBatch does", async () => {
    const { cascade, native } = await openFake();
    void cascade.run(row);
    void cascade.runBatch(three);
    expect(native.submitted.map(({ options }) => options.wait)).toEqual([false, true]);
  });

  it("gives options on, with 5 as default priority", async () => {
    const { cascade, native } = await openFake();
    void cascade.run(row, { priority: 1, deadlineMs: 20, onDeadline: "degrade", trace: true });
    void cascade.run(row);
    await turn();
    expect(native.submitted[0]?.options).toEqual({
      priority: 1,
      deadlineMs: 20,
      degradeOnDeadline: true,
      detail: "votes",
      wait: false,
      copy: false,
    });
    expect(native.submitted[1]?.options).toMatchObject({ priority: 5, deadlineMs: 0 });
  });

  it.each([
    [{ priority: 10 }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ priority: 0 }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ priority: 1.5 }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ deadlineMs: Number.NaN }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ onFull: "degrade" as never }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ deadlineMs: 0 }, "QUORATE_ERR_DEADLINE"],
    [{ deadlineMs: -5 }, "QUORATE_ERR_DEADLINE"],
    [{ onDeadline: "wait" as never }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ signal: {} as never }, "QUORATE_ERR_INVALID_ARGUMENT"],
    [{ signal: AbortSignal.abort() }, "QUORATE_ERR_ABORTED"],
  ])("refuses %o before anything is queued", async (options, code) => {
    const { cascade, native } = await openFake();
    expect(await errorOf(() => cascade.run(row, options))).toMatchObject({ code });
    expect(native.submitted).toHaveLength(0);
  });

  it("reads a trace", async () => {
    const { cascade, native } = await openFake();
    native.flops = [[10, 20, 30], [1000]];
    await cascade.cost();
    const answer = cascade.run(row, { trace: true });
    const tier = {
      tier: 0,
      label: 1,
      votes: 2,
      flags: 8,
      score: 0.75,
      queueNs: 500_000,
      runNs: 1_500_000,
      batchRows: 7,
    };
    const memberErrors = [null, null, { code: "QUORATE_ERR_MEMBER", message: "no" }];
    const trace = [
      { ...tier, memberVotes: Int32Array.of(1, 1, -1), memberScores: Float32Array.of(0.5, 1, 0), memberErrors },
    ];
    native.hooks.onRows(rowColumns([1], { traces: [trace] }));
    expect((await answer).trace).toEqual([
      {
        tier: "edge",
        tierIndex: 0,
        label: 1,
        votes: 2,
        tied: false,
        agreed: true,
        score: 0.75,
        members: [
          { member: "a.onnx", vote: 1, score: 0.5, error: null },
          { member: "b.onnx", vote: 1, score: 1, error: null },
          { member: "c.onnx", vote: null, score: null, error: { code: "QUORATE_ERR_MEMBER", message: "no" } },
        ],
        queueMs: 0.5,
        runMs: 1.5,
        batchRows: 7,
        flops: 60,
      },
    ]);
  });

  it("waits for room or is refused, as the call says or else its method", async () => {
    const { cascade, native } = await openFake();
    void cascade.run(row);
    await turn();
    void cascade.runBatch(three);
    void cascade.run(row, { onFull: "wait" });
    await turn();
    void cascade.runBatch(three, { onFull: "reject" });
    expect(native.submitted.map(({ options }) => options.wait)).toEqual([false, true, true, false]);
  });

  it("settles at most 2,000 promises per turn", async () => {
    const { cascade, native } = await openFake();
    let settled = 0;
    const ids = Array.from({ length: 4500 }, (_, i) => i + 1);
    for (const _ of ids) void cascade.run(row).then(() => settled++);
    native.hooks.onRows(rowColumns(ids));
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      for (let hop = 0; hop < 5; hop++) await Promise.resolve();
      seen.push(settled);
      await turn();
    }
    expect(seen).toEqual([2000, 4000, 4500]);
  });
});

describe("abort", () => {
  it("rejects a row at once, with the reason as cause", async () => {
    const { cascade, native } = await openFake();
    const controller = new AbortController();
    const answer = cascade.run(row, { signal: controller.signal });
    controller.abort("changed my mind");
    expect(await errorOf(() => answer)).toMatchObject({
      name: "AbortError",
      code: "QUORATE_ERR_ABORTED",
      cause: "changed my mind",
    });
    expect(native.cancelled).toEqual([1]);
    native.hooks.onRows(rowColumns([1]));
  });

  it("rejects a batch when the engine has let go of its arrays", async () => {
    const { cascade, native } = await openFake();
    const controller = new AbortController();
    let settled = false;
    const answer = cascade.runBatch(three, { signal: controller.signal });
    answer
      .catch(() => {})
      .finally(() => {
        settled = true;
      });
    controller.abort();
    await turn();
    expect(settled).toBe(false);
    native.hooks.onBatch(1, columns(3, { status: Uint8Array.of(3, 3, 0) }));
    expect(await errorOf(() => answer)).toMatchObject({ code: "QUORATE_ERR_ABORTED" });
  });

  it("works for many calls on one signal, without a warning", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const { cascade, native } = await openFake();
    const controller = new AbortController();
    const answers = Array.from({ length: 30 }, () => cascade.run(row, { signal: controller.signal }));
    native.hooks.onRows(rowColumns([1, 2]));
    controller.abort();
    const ended = await Promise.allSettled(answers);
    expect(ended.map(({ status }) => status).indexOf("rejected")).toBe(2);
    expect(native.cancelled).toHaveLength(28);
    await turn();
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it("after the answer does nothing", async () => {
    const { cascade, native } = await openFake();
    const controller = new AbortController();
    const answer = cascade.run(row, { signal: controller.signal });
    native.hooks.onRows(rowColumns([1]));
    controller.abort();
    expect(await answer).toMatchObject({ label: 1 });
    expect(native.cancelled).toEqual([]);
  });
});

describe("runBatch", () => {
  const some: Partial<NativeColumns> = {
    status: Uint8Array.of(0, 2, 5),
    label: Int32Array.of(2, -1, -1),
    flags: Uint8Array.of(1 | 4 | 8 | 16, 0, 32),
    errorIndex: Uint16Array.of(0, 1, 0),
    errors: [{ code: "QUORATE_ERR_MEMBER", message: "every member failed" }],
  };

  it("answers in columns", async () => {
    const { cascade, native } = await openFake();
    const call = cascade.runBatch(three);
    expect(native.submitted[0]).toMatchObject({ rows: 3 });
    native.hooks.onBatch(1, columns(3, some));
    const answer = await call;
    expect(answer.count).toBe(3);
    expect(answer.label).toEqual(Int32Array.of(2, -1, -1));
    expect(answer.agreement[0]).toBeCloseTo(2 / 3, 6);
    expect([answer.valid, answer.agreed, answer.partial, answer.degraded]).toEqual([
      Uint8Array.of(1, 0, 0),
      Uint8Array.of(1, 0, 0),
      Uint8Array.of(1, 0, 0),
      Uint8Array.of(0, 0, 1),
    ]);
    expect(answer.agreed).toBe(answer.agreed);
    expect(answer.errors).toMatchObject([{ code: "QUORATE_ERR_MEMBER" }]);
  });

  it("gives single answers, and the errors of rows without one", async () => {
    const { cascade, native } = await openFake();
    const call = cascade.runBatch(three);
    native.hooks.onBatch(1, columns(3, some));
    const answer = await call;
    expect(answer.at(0)).toMatchObject({ status: "ok", error: null, label: 2, tier: "edge", entropy: null });
    expect(answer.at(1)).toEqual({
      status: "failed",
      error: expect.objectContaining({ code: "QUORATE_ERR_MEMBER", message: "every member failed" }),
    });
    expect(answer.at(2)).toMatchObject({ status: "rejected", error: { code: "QUORATE_ERR_QUEUE_FULL" } });
    for (const i of [3, -1, 0.5]) expect(() => answer.at(i)).toThrow(`row ${i} does not exist, expected 0 to 2`);
  });

  it.each(rowStatusNames.map((name, code) => [name, code] as const))("says %s for status %d", async (name, code) => {
    const { cascade, native } = await openFake();
    const call = cascade.runBatch({ x: new Float32Array(2) });
    native.hooks.onBatch(1, columns(1, { status: Uint8Array.of(code) }));
    const row = (await call).at(0);
    expect(row.status).toBe(name);
    expect(row.error === null).toBe(code <= 1);
  });

  it("has NaN where a number is unknown, and in every row of a measure that is not reported", async () => {
    const { cascade, native } = await openFake();
    const call = cascade.runBatch(three);
    native.hooks.onBatch(1, columns(3, { score: Float32Array.of(0.5, Number.NaN, 1) }));
    const answer = await call;
    expect(answer.score).toEqual(Float32Array.of(0.5, Number.NaN, 1));
    expect(answer.entropy).toEqual(new Float32Array(3).fill(Number.NaN));
    expect(answer.at(1)).toMatchObject({ score: null, entropy: null });
  });
});

describe("close", () => {
  it("gives one promise and refuses later calls", async () => {
    const { cascade, native } = await openFake();
    const first = cascade.close({ drainMs: 7 });
    expect(cascade.close()).toBe(first);
    expect(await errorOf(() => cascade.run(row))).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    await first;
    expect(native.drains).toEqual([7]);
    expect(await errorOf(() => cascade.runBatch(three))).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    expect(await errorOf(() => cascade.cost())).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    expect(await errorOf(() => cascade.explain())).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
  });

  it("rejects what the engine left unanswered", async () => {
    const { cascade, native } = await openFake();
    const answers = [cascade.run(row), cascade.runBatch(three), cascade.runBatch(three)];
    for (const answer of answers) answer.catch(() => {});
    const closed = { code: "QUORATE_ERR_CLOSED", message: "the cascade is closed." };
    native.hooks.onBatch(
      2,
      columns(3, { status: Uint8Array.of(2, 0, 0), errorIndex: Uint16Array.of(1, 0, 0), errors: [closed] }),
    );
    await cascade.close();
    for (const answer of answers) expect(await errorOf(() => answer)).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
  });

  it("is what leaving `await using` does", async () => {
    const { cascade, native } = await openFake();
    await cascade[Symbol.asyncDispose]();
    expect(native.drains).toEqual([5000]);
  });

  it("refuses a drain time that is none", async () => {
    const { cascade } = await openFake();
    expect(await errorOf(() => cascade.close({ drainMs: -1 }))).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
  });
});

describe("lazy tensors", () => {
  const tensors = [tensorX, { ...tensorX, name: "y", tiers: [1] }];

  it("are asked for the rows that need them", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const give = vi.fn((rows: Uint32Array) => new Float32Array(rows.length * 2).fill(9));
    void cascade.runBatch({ ...three, y: give });
    expect(native.submitted[0]?.inputs[1]).toBe(true);
    expect(give).not.toHaveBeenCalled();
    native.hooks.onLazy(1, 1, Uint32Array.of(0, 2));
    await turn();
    expect(native.provided).toEqual([
      { id: 1, tensor: 1, rows: Uint32Array.of(0, 2), data: new Float32Array(4).fill(9), message: "", cause: 0 },
    ]);
  });

  it("of a wrong length or type fail their rows, with a sentence", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    void cascade.run({ ...row, y: () => new Float32Array(3) });
    void cascade.run({ ...row, y: async () => new Int32Array(2) as never });
    native.hooks.onLazy(1, 1, Uint32Array.of(0));
    native.hooks.onLazy(2, 1, Uint32Array.of(0));
    await turn();
    expect(native.provided.map(({ data, message }) => [data, message])).toEqual([
      [null, 'tensor "y" has 3 elements, expected 2: 1 row of Float32Array of [2].'],
      [null, 'tensor "y" is Int32Array, expected Float32Array of [2].'],
    ]);
  });

  it("that throw reject their row with the cause", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const cause = new Error("camera is off");
    const answer = cascade.run({
      ...row,
      y: () => {
        throw cause;
      },
    });
    native.hooks.onLazy(1, 1, Uint32Array.of(0));
    await turn();
    const { message = "", cause: number = 0 } = native.provided[0] ?? {};
    native.hooks.onRows(
      rowColumns([1], {
        status: Uint8Array.of(2),
        errorIndex: Uint16Array.of(1),
        errors: [{ code: "QUORATE_ERR_INPUT", message, cause: number }],
      }),
    );
    const error = await errorOf(() => answer);
    expect(error).toMatchObject({ code: "QUORATE_ERR_INPUT", message: "camera is off" });
    expect(error.cause).toBe(cause);
  });

  it("alone need the number of rows", async () => {
    const { cascade, native } = await openFake();
    expect((await errorOf(() => cascade.runBatch({ x: () => new Float32Array(0) }))).message).toContain(
      "option `rows`",
    );
    void cascade.runBatch({ x: () => new Float32Array(0) }, { rows: 5 });
    expect(native.submitted[0]?.rows).toBe(5);
  });
});

describe("a forgotten cascade", () => {
  it("can be collected while idle, and not while it works", async () => {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const addon = useFake();
    const { Cascade } = await import("../../src/cascade/cascade.js");
    const idle = new WeakRef(await Cascade.fromSpec(twoTiers));
    const answer = (await Cascade.fromSpec(twoTiers)).run(row);
    await sleep(10);
    gc();
    await sleep(10);
    gc();
    expect(idle.deref()).toBeUndefined();
    addon.last.hooks.onRows(rowColumns([1]));
    expect(await answer).toMatchObject({ label: 1 });
  });
});
