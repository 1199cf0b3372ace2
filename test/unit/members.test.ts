import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Cascade } from "../../src/cascade/cascade.js";
import type { CascadeSpec, MemberFunction } from "../../src/spec/options.js";
import type { FakeCascade } from "./fake-native.js";
import { errorOf, openFake, turn } from "./open.js";

function specOf(run: MemberFunction, output: "label" | "logits" = "label"): CascadeSpec {
  const inputs = { x: { type: "float32", rowShape: [2] } } as const;
  return {
    classes: 3,
    tiers: [{ name: "api", members: [{ run, name: "judge", output, inputs, price: { perCall: 2 } }] }],
  };
}

/** Asks the only member about two rows. */
function ask(native: FakeCascade, callId = 7, deadlineNs: number | null = null): void {
  const x = Float32Array.of(1, 2, 3, 4);
  native.hooks.onMemberCall(callId, 0, 0, 2, [x], Uint32Array.of(4, 9), 0, deadlineNs, 3, [null]);
}

describe("a function member", () => {
  it("is declared with its tensors and 30 seconds", async () => {
    const { native } = await openFake(specOf(async () => new Int32Array(2)));
    expect(native.spec.tiers[0]?.members[0]).toMatchObject({
      name: "judge",
      isFunction: true,
      output: "label",
      timeoutMs: 30_000,
      splitOnFailure: false,
      functionInputs: [{ name: "x", type: "float32", rowShape: [2] }],
    });
  });

  it("gets named tensors, row numbers and a signal, and its labels go back", async () => {
    const run = vi.fn<MemberFunction>(async () => Int32Array.of(1, 2));
    const { native } = await openFake(specOf(run));
    ask(native);
    await turn();
    expect(run.mock.calls[0]?.[0]).toEqual({
      tensors: { x: Float32Array.of(1, 2, 3, 4) },
      offsets: {},
      count: 2,
      rows: Uint32Array.of(4, 9),
    });
    expect(run.mock.calls[0]?.[1].signal.aborted).toBe(false);
    expect(native.completed).toEqual([{ callId: 7, data: Int32Array.of(1, 2), message: "", cause: 0, failedRows: [] }]);
  });

  it.each<[string, MemberFunction, "label" | "logits", string]>([
    ["throws", () => Promise.reject(new Error("no credit")), "label", "no credit"],
    [
      "throws at once",
      () => {
        throw new Error("no credit");
      },
      "label",
      "no credit",
    ],
    [
      "gives too few labels",
      async () => new Int32Array(1),
      "label",
      "returned 1 values, expected Int32Array with 2 labels",
    ],
    [
      "gives scores for labels",
      async () => new Float32Array(6),
      "label",
      "returned Float32Array, expected Int32Array with 2 labels",
    ],
    [
      "gives too few scores",
      async () => new Float32Array(5),
      "logits",
      "returned 5 values, expected Float32Array with 2 x 3 scores",
    ],
    [
      "gives nothing",
      (async () => undefined) as never,
      "label",
      "returned undefined, expected Int32Array with 2 labels",
    ],
  ])("that %s fails on these rows", async (_, run, output, message) => {
    const { native } = await openFake(specOf(run, output));
    ask(native);
    await turn();
    const cause = message === "no credit" ? 1 : 0; // What was thrown has a number.
    expect(native.completed).toEqual([{ callId: 7, data: null, message, cause, failedRows: [] }]);
  });

  it("is aborted when nobody waits any more, and then sends no reply", async () => {
    let aborted = false;
    const { native } = await openFake(
      specOf(async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted = true;
        return new Int32Array(2);
      }),
    );
    ask(native);
    native.hooks.onMemberCancel(7);
    await turn();
    expect(aborted).toBe(true);
    expect(native.completed).toEqual([]);
  });

  it("may not run or close its own cascade, but may once it has answered", async () => {
    let cascade: Cascade | undefined;
    const errors: Error[] = [];
    let later: Promise<unknown> | undefined;
    const opened = await openFake(
      specOf(async () => {
        await sleep(1);
        errors.push(
          await errorOf(() => cascade?.run({ x: new Float32Array(2) })),
          await errorOf(() => cascade?.close()),
        );
        later = sleep(20).then(() => cascade?.close());
        return new Int32Array(2);
      }),
    );
    cascade = opened.cascade;
    ask(opened.native);
    await sleep(10);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^run\(\) was called from inside a member/),
      expect.stringMatching(/^close\(\) was called from inside a member/),
    ]);
    await expect(later).resolves.toBeUndefined();
  });

  it("may run another cascade", async () => {
    const other = await openFake();
    const { native } = await openFake(
      specOf(async () => {
        void other.cascade.run({ x: new Float32Array(2) });
        return new Int32Array(2);
      }),
    );
    ask(native);
    await turn();
    expect(other.native.submitted).toHaveLength(1);
    expect(native.completed[0]?.message).toBe("");
  });

  it("counts its calls and bytes", async () => {
    const { cascade, native } = await openFake(specOf(async () => new Int32Array(2)));
    ask(native);
    ask(native, 8);
    await turn();
    expect(cascade.counters().tiers[0]?.members[0]).toMatchObject({
      name: "judge",
      calls: 2,
      bytesSent: 32,
      bytesReceived: 16,
      reportedCost: 0,
    });
  });

  it("hears what is left of the earliest deadline, and the highest priority", async () => {
    const run = vi.fn<MemberFunction>(async () => Int32Array.of(1, 2));
    const { native } = await openFake(specOf(run));
    ask(native, 7);
    ask(native, 8, 2_500_000);
    ask(native, 9, -1);
    await turn();
    expect(run.mock.calls.map(([, { deadlineMs, priority }]) => [deadlineMs, priority])).toEqual([
      [null, 3],
      [2.5, 3],
      [0, 3],
    ]);
  });

  it("reports bytes instead of those of its tensors, and money", async () => {
    const { cascade, native } = await openFake(
      specOf(async (_, { report }) => {
        report({ bytesSent: 1000, cost: 0.25 });
        report({ bytesSent: 24 });
        return new Int32Array(2);
      }),
    );
    ask(native);
    await turn();
    const traffic = { calls: 1, bytesSent: 1024, bytesReceived: 8, reportedCost: 0.25 };
    expect(cascade.counters().tiers[0]?.members[0]).toMatchObject(traffic);
    native.flops = [[1]];
    expect((await cascade.cost()).cascade).toMatchObject({ money: 2.25, bytes: 1032 });
  });

  it.each([
    [{ bytesSent: -1 }, "report: bytesSent is -1, expected a number of at least 0."],
    [{ cost: Number.NaN }, "report: cost is NaN, expected a number of at least 0."],
    [{ bytes: 1 } as never, 'report: "bytes" is unknown, expected bytesSent, bytesReceived and cost.'],
  ])("that reports %s fails", async (given, message) => {
    const { native } = await openFake(
      specOf(async (_, { report }) => {
        report(given);
        return new Int32Array(2);
      }),
    );
    ask(native);
    await turn();
    expect(native.completed).toMatchObject([{ data: null, message }]);
  });
});
