/** Calls through the addon: results, function members, lazy tensors, close. */
import { describe, expect, it } from "vitest";
import { rowStatus } from "../../src/native/results.js";
import { callOptions, fileMember, functionMember, Harness, spec, tier } from "./addon-harness.js";
import { errorOf } from "./paths.js";

const rows = (count: number): Float32Array => Float32Array.from({ length: count * 64 }, (_, i) => (i % 17) / 16);

describe("results", () => {
  it("of single rows come in one call, with their own errors", async () => {
    const harness = await Harness.open(spec(tier(functionMember({ maxRows: 1 } as object))));
    const { native } = harness;
    harness.onCall = (call) => native.completeMember(call.id, null, "no", 0);
    for (let id = 1; id <= 20; id++) native.submitRows(id, 1, [rows(1)], callOptions);
    await harness.until(() => harness.rows.reduce((sum, { count }) => sum + count, 0) === 20);
    const ids = harness.rows.flatMap((columns) => [...columns.ids]);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const columns of harness.rows) {
      expect(columns.errors).toHaveLength(1);
      expect(columns.errors[0]).toMatchObject({ code: "QUORATE_ERR_MEMBER" });
      expect(columns.errors[0]?.message).toContain("no");
      expect([...columns.errorIndex].every((index) => index === 1)).toBe(true);
      expect([...columns.status].every((status) => status === rowStatus.failed)).toBe(true);
    }
    await harness.close();
  });

  it("have the measures that were asked for, and no other", async () => {
    const harness = await Harness.open({ ...spec(tier(fileMember("tiny-a"))), measures: 9 });
    harness.native.submitBatch(1, 3, [rows(3)], callOptions);
    const columns = await harness.batch(1);
    expect(Object.keys(columns)).toEqual(expect.arrayContaining(["score", "entropy"]));
    expect(columns).not.toHaveProperty("margin");
    expect(columns).not.toHaveProperty("traces");
    await harness.close();
  });

  it("of large batches own their memory", async () => {
    const harness = await Harness.open(spec(tier(fileMember("tiny-a"))));
    const count = 100_000;
    for (let id = 1; id <= 3; id++) {
      harness.native.submitBatch(id, count, [rows(count)], callOptions);
      const columns = await harness.batch(id);
      expect(columns.label).toHaveLength(count);
      const moved = structuredClone(columns.label, { transfer: [columns.label.buffer as ArrayBuffer] });
      expect(moved).toHaveLength(count);
      expect(columns.tierIndex).toHaveLength(count);
    }
    await harness.close();
  });

  it("have traces where they were asked for", async () => {
    const harness = await Harness.open(spec(tier(fileMember("tiny-a"), fileMember("tiny-b"))));
    harness.native.submitBatch(1, 2, [rows(2)], { ...callOptions, detail: "votes" });
    const { traces } = await harness.batch(1);
    expect(traces?.[1]?.[0]?.memberVotes).toBeInstanceOf(Int32Array);
    expect(traces?.[1]?.[0]?.memberScores).toHaveLength(2);
    await harness.close();
  });
});

describe("outputs", () => {
  const never = { kind: "never", arity: 0, votes: 0, threshold: 0 } as const;

  it("of every member and row come with a batch that asks for them", async () => {
    const first = { ...tier(fileMember("tiny-a"), fileMember("tiny-b")), name: "first", rule: [never] };
    const harness = await Harness.open(spec(first, tier(fileMember("large"))));
    harness.native.submitBatch(1, 5, [rows(5)], { ...callOptions, detail: "outputs" });
    const { outputs, label, tierIndex, traces } = await harness.batch(1);
    expect(outputs?.map((members) => members.length)).toEqual([2, 1]);
    expect([...tierIndex]).toEqual([1, 1, 1, 1, 1]);
    expect(traces).toBeUndefined();
    const scores = outputs?.[1]?.[0] as Float32Array;
    expect(scores).toHaveLength(5 * 10);
    for (let row = 0; row < 5; row++) {
      const own = scores.subarray(row * 10, row * 10 + 10);
      expect(own.indexOf(Math.max(...own))).toBe(label[row]);
    }
    await harness.close();
  });

  it("say that a member abstained on rows that every member failed", async () => {
    const harness = await Harness.open(spec(tier(functionMember())));
    harness.onCall = (call) => harness.native.completeMember(call.id, null, "no credit", 0);
    harness.native.submitBatch(1, 3, [rows(3)], { ...callOptions, detail: "outputs" });
    expect((await harness.batch(1)).outputs).toEqual([[Int32Array.of(-1, -1, -1)]]);
    await harness.close();
  });

  it("are not there of a tier that no row reached, nor for calls that do not ask", async () => {
    const always = { ...never, kind: "always" } as const;
    const first = { ...tier(functionMember()), name: "first", rule: [always] };
    const harness = await Harness.open(spec(first, tier(fileMember("tiny-a"))));
    harness.onCall = (call) => harness.native.completeMember(call.id, Int32Array.from(call.rows), "", 0);
    harness.native.submitBatch(1, 3, [rows(3)], { ...callOptions, detail: "outputs" });
    expect((await harness.batch(1)).outputs).toEqual([[Int32Array.of(0, 1, 2)], []]);
    harness.native.submitBatch(2, 3, [rows(3)], callOptions);
    expect(await harness.batch(2)).not.toHaveProperty("outputs");
    await harness.close();
  });
});

describe("a function member", () => {
  const open = (more: object = {}): Promise<Harness> => Harness.open(spec(tier(functionMember(more))));

  it("gets copies of its rows, and answers them", async () => {
    const harness = await open();
    const data = rows(5);
    harness.onCall = (call) => harness.native.completeMember(call.id, Int32Array.from(call.rows), "", 0);
    harness.native.submitBatch(1, 5, [data], callOptions);
    expect([...(await harness.batch(1)).label]).toEqual([0, 1, 2, 3, 4]);
    expect(harness.calls[0]?.tensors[0]).toEqual(data);
    await harness.close();
  });

  const replies: readonly (readonly [string, unknown, RegExp])[] = [
    ["too few labels", new Int32Array(4), /Int32Array of length 4 for 5 rows, expected Int32Array of length 5/],
    ["scores instead of labels", new Float32Array(5), /Float32Array of length 5/],
    ["another array", new Uint8Array(5), /returned Uint8Array/],
    ["text", "five", /returned a string/],
    ["null", null, /as it said/],
  ];
  for (const [name, reply, message] of replies) {
    it(`that answers with ${name} has failed`, async () => {
      const harness = await open();
      harness.onCall = (call) => harness.native.completeMember(call.id, reply as null, "as it said", 0);
      harness.native.submitBatch(1, 5, [rows(5)], callOptions);
      const { errors } = await harness.batch(1);
      expect(errors[0]?.code).toBe("QUORATE_ERR_MEMBER");
      expect(errors[0]?.message).toMatch(message);
      await harness.close();
    });
  }

  it("fails after its time, and a late answer is ignored", async () => {
    const harness = await open({ timeoutMs: 20 });
    harness.native.submitBatch(1, 1, [rows(1)], callOptions);
    const { errors } = await harness.batch(1);
    expect(errors[0]?.message).toMatch(/did not answer within 20 ms/);
    expect(harness.cancelled).toEqual([harness.calls[0]?.id]);
    harness.native.completeMember(harness.calls[0]?.id ?? 0, new Int32Array(1), "", 0);
    await harness.close();
  });

  it("hears when all its rows are cancelled", async () => {
    const harness = await open();
    harness.native.submitBatch(1, 2, [rows(2)], callOptions);
    await harness.until(() => harness.calls.length === 1);
    harness.native.cancel(1);
    const { status } = await harness.batch(1);
    expect([...status]).toEqual([rowStatus.cancelled, rowStatus.cancelled]);
    expect(harness.cancelled).toEqual([harness.calls[0]?.id]);
    await harness.close();
  });

  it("is let go by close", async () => {
    const harness = await open();
    harness.native.submitRows(1, 1, [rows(1)], callOptions);
    await harness.until(() => harness.calls.length === 1);
    await harness.close(0);
    expect(harness.rows[0]?.errors[0]?.code).toBe("QUORATE_ERR_CLOSED");
    expect(harness.cancelled).toEqual([harness.calls[0]?.id]);
    expect(harness.events.indexOf("rows")).toBeLessThan(harness.events.indexOf("closed"));
  });

  it("completes once whatever races", async () => {
    const harness = await open({ timeoutMs: 3 });
    harness.onCall = (call) => {
      setTimeout(() => harness.native.completeMember(call.id, new Int32Array(call.count), "", 0), call.id % 7);
    };
    const total = 300;
    for (let id = 1; id <= total; id++) {
      harness.native.submitRows(id, 1, [rows(1)], callOptions);
      if (id % 3 === 0) setTimeout(() => harness.native.cancel(id), id % 5);
      if (id % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await harness.close(2000);
    expect(harness.rows.reduce((sum, { count }) => sum + count, 0)).toBe(total);
  });
});

describe("a lazy tensor", () => {
  it("is asked for and copied; wrong data fails its rows", async () => {
    const harness = await Harness.open(spec(tier(fileMember("tiny-a"))));
    const { native } = harness;
    harness.onLazy = (id, tensor, asked) => {
      const data = rows(asked.length);
      native.provide(id, tensor, asked, id === 2 ? data.subarray(1) : data, "", 0);
      data.fill(Number.NaN);
    };
    native.submitBatch(1, 4, [true], callOptions);
    native.submitBatch(2, 4, [true], callOptions);
    expect([...(await harness.batch(1)).status]).toEqual([0, 0, 0, 0]);
    expect((await harness.batch(2)).errors[0]).toMatchObject({ code: "QUORATE_ERR_INPUT" });
    await harness.close();
  });
});

describe("close", () => {
  it("before built waits for the build", async () => {
    const harness = Harness.start(spec(tier(fileMember("tiny-a"))));
    const early = await errorOf(() => harness.native.submitRows(1, 1, [rows(1)], callOptions));
    expect(early.message).toBe("the cascade is not built yet");
    harness.native.close(0);
    harness.native.close(1000);
    await harness.until(() => harness.events.includes("closed"));
    expect(harness.events).toEqual(["built", "closed"]);
  });

  it("after a failed build closes at once", async () => {
    const harness = await Harness.open(spec(tier({ ...fileMember("tiny-a"), path: "/nowhere.onnx" })));
    expect(harness.buildError?.code).toBe("QUORATE_ERR_MODEL_LOAD");
    await harness.close();
    expect(harness.events).toEqual(["built", "closed"]);
  });

  it("refuses later calls and keeps the counters", async () => {
    const harness = await Harness.open(spec(tier(fileMember("tiny-a"))));
    harness.native.submitBatch(1, 7, [rows(7)], callOptions);
    await harness.close();
    expect((await harness.batch(1)).count).toBe(7);
    const error = await errorOf(() => harness.native.submitRows(2, 1, [rows(1)], callOptions));
    expect(error).toHaveProperty("code", "QUORATE_ERR_CLOSED");
    expect(harness.native.counters()).toMatchObject({ submitted: 7, settled: 7, pending: 0 });
  });
});
