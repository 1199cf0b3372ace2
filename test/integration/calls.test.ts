/** Calls that end otherwise than with an answer: aborted, too late, refused, closed. The others are unharmed. */
import { describe, expect, it } from "vitest";
import { Cascade, type CascadeCounters, type CascadeOptions, never, type TierOptions } from "../../src/index.js";
import { counterProblems } from "../counter-problems.js";
import { Gate } from "./gate.js";
import { errorOf } from "./paths.js";

const toCode = (error: unknown): unknown => (error as { readonly code?: unknown }).code;
const fail = (): never => {
  throw new Error("no");
};
const row = (): { x: Float32Array } => ({ x: new Float32Array(1) });
const rows = (count: number): { x: Float32Array } => ({ x: new Float32Array(count) });
const batch = { maxRows: 4, maxInFlight: 1 };

/** One tier that is busy until its gate opens. */
async function busy(options: CascadeOptions = {}): Promise<{ cascade: Cascade; gate: Gate }> {
  const gate = new Gate();
  const cascade = await Cascade.builder()
    .options({ classes: 10, ...options })
    .tier("gate", { members: [gate.member(7)], batch })
    .build();
  return { cascade, gate };
}

/** A tier that answers 3 at once and is never sure, and a busy one after it. */
async function busyLater(more: Partial<TierOptions> = {}): Promise<{ cascade: Cascade; gate: Gate }> {
  const gate = new Gate();
  const quick = new Gate();
  quick.open();
  const cascade = await Cascade.builder()
    .options({ classes: 10 })
    .tier("quick", { members: [quick.member(3)], exitWhen: never(), batch: { maxRows: 64 } })
    .tier("gate", { members: [gate.member(7)], batch, ...more })
    .build();
  return { cascade, gate };
}

async function collect(answers: AsyncIterable<{ readonly label: number }>): Promise<number[]> {
  const labels: number[] = [];
  for await (const { label } of answers) labels.push(label);
  return labels;
}

/** Waits until the counters say so. */
async function counted(cascade: Cascade, condition: (counters: CascadeCounters) => boolean): Promise<void> {
  while (!condition(cascade.counters())) await new Promise((resolve) => setImmediate(resolve));
}

async function finish(cascade: Cascade, gate: Gate): Promise<void> {
  gate.open();
  expect(counterProblems(cascade.counters())).toEqual([]);
  await cascade.close();
}

describe("abort", () => {
  it("before the call queues nothing", async () => {
    const { cascade, gate } = await busy();
    const signal = AbortSignal.abort("no need");
    for (const call of [() => cascade.run(row(), { signal }), () => cascade.runBatch(rows(3), { signal })]) {
      const error = await errorOf(call);
      expect(error).toMatchObject({ name: "AbortError", code: "QUORATE_ERR_ABORTED", cause: "no need" });
    }
    const stream = cascade.stream([row()], { signal });
    expect(await errorOf(() => stream.next())).toMatchObject({ name: "AbortError" });
    expect(cascade.counters().submitted).toBe(0);
    await finish(cascade, gate);
  });

  it("in the same turn as the call rejects it, and not its neighbours", async () => {
    const { cascade, gate } = await busy();
    const controller = new AbortController();
    const neighbours = [cascade.run(row()), cascade.run(row())];
    const aborted = cascade.run(row(), { signal: controller.signal });
    neighbours.push(cascade.run(row()));
    controller.abort();
    expect(await errorOf(() => aborted)).toMatchObject({ code: "QUORATE_ERR_ABORTED" });
    gate.open();
    for (const answer of await Promise.all(neighbours)) expect(answer.label).toBe(7);
    expect(cascade.counters().pending).toBe(0);
    await finish(cascade, gate);
  });

  it("of a row in the queue rejects at once; the row never runs", async () => {
    const { cascade, gate } = await busy();
    const runs = cascade.run(row());
    await gate.until(() => gate.batches.length === 1);
    const controller = new AbortController();
    const waits = cascade.run(row(), { signal: controller.signal });
    expect(cascade.counters().pending).toBe(2);
    controller.abort();
    expect(await errorOf(() => waits)).toMatchObject({ code: "QUORATE_ERR_ABORTED" });
    gate.open();
    expect((await runs).label).toBe(7);
    expect(gate.batches).toHaveLength(1);
    expect(cascade.counters().tiers[0]).toMatchObject({ entered: 2, exited: 1, cancelled: 1 });
    await finish(cascade, gate);
  });

  it("of the last row of a running batch aborts the member's signal", async () => {
    const { cascade, gate } = await busy();
    const controller = new AbortController();
    const { signal } = controller;
    const answers = Promise.allSettled([cascade.run(row(), { signal }), cascade.run(row(), { signal })]);
    await gate.until(() => gate.batches.length === 1);
    controller.abort();
    await gate.until(() => gate.aborted === 1);
    for (const answer of await answers) expect(answer).toMatchObject({ status: "rejected" });
    await finish(cascade, gate);
  });

  it("of one of two rows of a running batch lets it run", async () => {
    const { cascade, gate } = await busy();
    const controller = new AbortController();
    const [gone, stays] = [cascade.run(row(), { signal: controller.signal }), cascade.run(row())];
    await gate.until(() => gate.batches.length === 1);
    controller.abort();
    expect(await errorOf(() => gone)).toMatchObject({ code: "QUORATE_ERR_ABORTED" });
    gate.open();
    expect((await stays).label).toBe(7);
    expect(gate.aborted).toBe(0);
    await finish(cascade, gate);
  });

  it("of a batch that runs rejects it", async () => {
    const { cascade, gate } = await busy();
    const controller = new AbortController();
    const answer = cascade.runBatch(rows(9), { signal: controller.signal });
    await gate.until(() => gate.batches.length === 1);
    controller.abort();
    expect(await errorOf(() => answer)).toMatchObject({ name: "AbortError", code: "QUORATE_ERR_ABORTED" });
    expect(gate.aborted).toBe(1);
    expect(cascade.counters().tiers[0]).toMatchObject({ entered: 9, cancelled: 9, inFlight: 0 });
    await finish(cascade, gate);
  });

  it("after the answer does nothing", async () => {
    const { cascade, gate } = await busy();
    gate.open();
    const controller = new AbortController();
    const answer = await cascade.run(row(), { signal: controller.signal });
    const many = await cascade.runBatch(rows(5), { signal: controller.signal });
    controller.abort();
    expect(answer.label).toBe(7);
    expect([...many.label]).toEqual([7, 7, 7, 7, 7]);
    expect(cascade.counters().tiers[0]).toMatchObject({ exited: 6, cancelled: 0 });
    await finish(cascade, gate);
  });
});

describe("a deadline", () => {
  it("in the past is refused, and nothing is queued", async () => {
    const { cascade, gate } = await busy();
    for (const deadlineMs of [0, -1]) {
      for (const call of [() => cascade.run(row(), { deadlineMs }), () => cascade.runBatch(rows(3), { deadlineMs })]) {
        expect(await errorOf(call)).toMatchObject({ code: "QUORATE_ERR_DEADLINE" });
      }
    }
    expect(cascade.counters().submitted).toBe(0);
    await finish(cascade, gate);
  });

  it("that is further away than a clock can count is none", async () => {
    const { cascade, gate } = await busy();
    gate.open();
    for (const deadlineMs of [1e15, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
      expect((await cascade.run(row(), { deadlineMs })).label).toBe(7);
    }
    await finish(cascade, gate);
  });

  it("that passes rejects a row, waiting or running", async () => {
    const { cascade, gate } = await busy();
    const answers = [1, 2, 3].map(() => cascade.run(row(), { deadlineMs: 20 }));
    for (const answer of answers) expect(await errorOf(() => answer)).toMatchObject({ code: "QUORATE_ERR_DEADLINE" });
    expect(cascade.counters().tiers[0]).toMatchObject({ expired: 3, inFlight: 0 });
    await finish(cascade, gate);
  });

  it("that passes gives the last finished tier's answer where that was asked for", async () => {
    const { cascade, gate } = await busyLater();
    // Time enough for the first tier, whatever else this machine does.
    const options = { deadlineMs: 1500, onDeadline: "degrade" } as const;
    const [answer, many] = await Promise.all([cascade.run(row(), options), cascade.runBatch(rows(6), options)]);
    expect(answer).toMatchObject({ label: 3, tier: "quick", degraded: true });
    expect([...many.degraded]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...many.status]).toEqual([0, 0, 0, 0, 0, 0]);
    await finish(cascade, gate);
  });

  it("of a batch ends the rows without an answer, not the call", async () => {
    const { cascade, gate } = await busyLater();
    const answer = await cascade.runBatch(rows(6), { deadlineMs: 20 });
    expect([...answer.status]).toEqual(new Array(6).fill(4));
    expect(answer.errors).toHaveLength(1);
    expect(answer.at(5).error).toMatchObject({ code: "QUORATE_ERR_DEADLINE" });
    await finish(cascade, gate);
  });
});

describe("waiting rows", () => {
  it("run in the order of their priorities, the default in the middle", async () => {
    const gate = new Gate();
    const cascade = await Cascade.builder()
      .options({ classes: 10 })
      .tier("gate", { members: [gate.member(7)], batch: { maxRows: 1, maxInFlight: 1 } })
      .build();
    const run = (x: number, priority?: number): Promise<unknown> =>
      cascade.run({ x: Float32Array.of(x) }, priority === undefined ? {} : { priority });
    const first = run(0);
    await gate.until(() => gate.batches.length === 1);
    const others = [run(1, 9), run(2), run(3, 1), run(4, 5), run(5, 4)];
    await counted(cascade, ({ pending }) => pending === 6);
    gate.open();
    await Promise.all([first, ...others]);
    expect(gate.batches.map(({ tensors }) => tensors["x"]?.[0])).toEqual([0, 3, 5, 2, 4, 1]);
    await finish(cascade, gate);
  });

  it("of a tier of functions are asked for in eight batches at once, if not told otherwise", async () => {
    const gate = new Gate();
    const cascade = await Cascade.builder()
      .options({ classes: 10 })
      .tier("gate", { members: [gate.member(7)], batch: { maxRows: 2 } })
      .build();
    const answer = cascade.runBatch(rows(40));
    await gate.until(() => gate.batches.length === 8);
    expect(cascade.counters().tiers[0]?.inFlight).toBe(40);
    gate.open();
    expect((await answer).label.every((label) => label === 7)).toBe(true);
    expect(gate.batches).toHaveLength(20);
    await finish(cascade, gate);
  });
});

describe("a full cascade", () => {
  it("refuses run(), and lets runBatch() and stream() wait", async () => {
    const { cascade, gate } = await busy({ maxRowsInFlight: 2 });
    const taken = [cascade.run(row()), cascade.run(row())];
    const refused = cascade.run(row());
    expect(await errorOf(() => refused)).toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL" });
    const waits = cascade.runBatch(rows(5));
    const streamed = collect(cascade.stream([row(), row(), row()]));
    gate.open();
    expect([...(await waits).label]).toEqual([7, 7, 7, 7, 7]);
    expect(await streamed).toEqual([7, 7, 7]);
    for (const answer of await Promise.all(taken)) expect(answer.label).toBe(7);
    await finish(cascade, gate);
  });

  it("with a full later tier refuses rows of run() and lets those of runBatch() wait", async () => {
    const { cascade, gate } = await busyLater({ batch: { maxRows: 1, maxInFlight: 1, maxQueueRows: 1 } });
    const inside = [cascade.run(row())];
    await gate.until(() => gate.batches.length === 1);
    inside.push(cascade.run(row()));
    await counted(cascade, ({ tiers }) => tiers[1]?.entered === 2);
    const waits = cascade.runBatch(rows(3));
    await counted(cascade, ({ tiers }) => tiers[1]?.entered === 5);
    expect(await errorOf(() => cascade.run(row()))).toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL" });
    gate.open();
    for (const answer of await Promise.all(inside)) expect(answer.label).toBe(7);
    expect([...(await waits).label]).toEqual([7, 7, 7]);
    await finish(cascade, gate);
  });

  it("refuses runBatch() as a whole, large or small, when it says so", async () => {
    const { cascade, gate } = await busy({ maxRowsInFlight: 20 });
    const inside = cascade.runBatch(rows(18), { onFull: "reject" });
    for (const count of [3, 12]) {
      const refused = cascade.runBatch(rows(count), { onFull: "reject" });
      expect(await errorOf(() => refused)).toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL" });
    }
    const fits = cascade.runBatch(rows(2), { onFull: "reject" });
    gate.open();
    expect([...(await inside).label, ...(await fits).label]).toEqual(new Array(20).fill(7));
    await finish(cascade, gate);
  });

  it("refuses those rows of runBatch() that a later tier has no room for, when it says so", async () => {
    const { cascade, gate } = await busyLater({ batch: { maxRows: 1, maxInFlight: 1, maxQueueRows: 1 } });
    const answer = cascade.runBatch(rows(8), { onFull: "reject" });
    await counted(cascade, ({ settled }) => settled === 7);
    gate.open();
    const { errors, status } = await answer;
    expect(errors.map(({ code }) => code)).toEqual(["QUORATE_ERR_QUEUE_FULL"]);
    expect(status.filter((one) => one === 5)).toHaveLength(7);
    await finish(cascade, gate);
  });

  it("lets a small batch run between single rows, and a large one behind them", async () => {
    const { cascade, gate } = await busy();
    const order: string[] = [];
    const note = (what: string, call: Promise<unknown>): Promise<void> => call.then(() => void order.push(what));
    const first = cascade.run(row());
    await gate.until(() => gate.batches.length === 1);
    const ends = [note("large", cascade.runBatch(rows(40))), note("small", cascade.runBatch(rows(3)))];
    ends.push(note("last", cascade.run(row())));
    gate.open();
    await Promise.all([first, ...ends]);
    expect(order.indexOf("small")).toBeLessThan(order.indexOf("large"));
    await finish(cascade, gate);
  });

  it.each(["reject", "degrade", "wait"] as const)(
    "does with a full later tier what onOverload says: %s",
    async (onOverload) => {
      const { cascade, gate } = await busyLater({ onOverload, batch: { maxRows: 1, maxInFlight: 1, maxQueueRows: 1 } });
      const answer = cascade.runBatch(rows(8));
      await counted(cascade, ({ settled, tiers }) => (onOverload === "wait" ? tiers[1]?.entered === 8 : settled === 7));
      gate.open();
      const { status, degraded, label, errors } = await answer;
      expect(errors.map(({ code }) => code)).toEqual(onOverload === "reject" ? ["QUORATE_ERR_QUEUE_FULL"] : []);
      // All eight come out of the first tier together, and one may wait.
      expect(status.filter((one) => one === 5)).toHaveLength(onOverload === "reject" ? 7 : 0);
      expect(degraded.filter((flag) => flag === 1)).toHaveLength(onOverload === "degrade" ? 7 : 0);
      expect(label.filter((one) => one === 7)).toHaveLength(onOverload === "wait" ? 8 : 1);
      await finish(cascade, gate);
    },
  );
});

describe("close", () => {
  it("lets what runs finish, and refuses what comes", async () => {
    const { cascade, gate } = await busy();
    const inside = [cascade.run(row()), cascade.run(row())];
    const many = cascade.runBatch(rows(9));
    await gate.until(() => gate.batches.length === 1);
    const closed = cascade.close();
    expect(cascade.close({ drainMs: 0 })).toBe(closed);
    expect(await errorOf(() => cascade.run(row()))).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    expect(await errorOf(() => cascade.runBatch(rows(1)))).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    expect(await errorOf(() => cascade.stream([row()]).next())).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
    gate.open();
    for (const answer of await Promise.all(inside)) expect(answer.label).toBe(7);
    expect((await many).count).toBe(9);
    await closed;
  });

  it("after its drain rejects what is left and aborts the members' signals", async () => {
    const { cascade, gate } = await busy();
    const answers = Promise.allSettled([cascade.run(row()), cascade.runBatch(rows(3)), cascade.run(row())]);
    await gate.until(() => gate.batches.length === 1);
    await cascade.close({ drainMs: 10 });
    for (const answer of await answers) expect(answer).toMatchObject({ reason: { code: "QUORATE_ERR_CLOSED" } });
    expect(gate.aborted).toBe(1);
    expect(counterProblems(cascade.counters())).toEqual([]);
    expect(cascade.counters().pending).toBe(0);
  });

  it("ends a stream with an error", async () => {
    const { cascade, gate } = await busy();
    const stream = cascade.stream([row(), row(), row()]);
    const first = errorOf(() => stream.next());
    await gate.until(() => gate.batches.length === 1);
    await cascade.close({ drainMs: 0 });
    expect(await first).toMatchObject({ code: "QUORATE_ERR_CLOSED" });
  });
});

describe("a member that throws", () => {
  it("gives each row what its own batch's call threw, though the sentences are equal", async () => {
    const thrown: Error[] = [];
    const member = {
      name: "broken",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: () => {
        thrown.push(new Error("no credit"));
        throw thrown.at(-1);
      },
    } as const;
    const cascade = await Cascade.builder()
      .options({ classes: 2 })
      .tier("api", { members: [member], batch })
      .build();
    const answer = await cascade.runBatch(rows(20));
    expect(thrown).toHaveLength(5);
    expect(answer.errors.map(({ code }) => code)).toEqual(thrown.map(() => "QUORATE_ERR_MEMBER"));
    expect(new Set(answer.errors.map(({ cause }) => cause))).toEqual(new Set(thrown));
    const single = await errorOf(() => cascade.run(row()));
    expect(single.cause).toBe(thrown.at(-1));
    expect(counterProblems(cascade.counters())).toEqual([]);
    await cascade.close();
  });

  it("defers its rows, or degrades them to the last answer, as the tier says", async () => {
    const broken = {
      name: "broken",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: () => Promise.reject(new Error("no credit")),
    } as const;
    const gates = [new Gate(), new Gate()] as const;
    for (const gate of gates) gate.open();
    for (const onFailure of ["defer", "degrade"] as const) {
      const cascade = await Cascade.builder()
        .options({ classes: 10 })
        .tier("quick", { members: [gates[0].member(3)], exitWhen: never() })
        .tier("api", { members: [broken], exitWhen: never(), onFailure })
        .tier("last", { members: [gates[1].member(7)] })
        .build();
      const expected = onFailure === "defer" ? { label: 7, degraded: false } : { label: 3, degraded: true };
      expect(await cascade.run(row())).toMatchObject(expected);
      await cascade.close();
    }
  });

  it("gives each of a thousand rows the very value that its own call threw", async () => {
    const member = {
      name: "broken",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: ({ tensors }: { readonly tensors: Readonly<Record<string, ArrayLike<unknown>>> }) => {
        throw new Error(`row ${String(tensors["x"]?.[0])}`);
      },
    } as const;
    const cascade = await Cascade.builder()
      .options({ classes: 2 })
      .tier("api", { members: [member], batch: { maxRows: 1 } })
      .build();
    const answer = await cascade.runBatch({ x: Float32Array.from({ length: 1000 }, (_, i) => i) });
    for (let i = 0; i < answer.count; i++) {
      expect(answer.at(i).error).toMatchObject({ code: "QUORATE_ERR_MEMBER", cause: { message: `row ${i}` } });
    }
    await cascade.close();
  });

  it("leaves unknown numbers in rows without an answer, not zeros", async () => {
    const member = {
      name: "broken",
      output: "probabilities",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: fail,
    } as const;
    const cascade = await Cascade.builder()
      .options({ classes: 2 })
      .tier("api", { members: [member] })
      .build();
    const answer = await cascade.runBatch(rows(3));
    for (const name of ["score", "confidence", "margin"] as const) {
      expect([...answer[name]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      expect(answer.toJSON()[name]).toEqual([null, null, null]);
    }
    await cascade.close();
  });

  it("does not disturb a batch whose input's getter calls run()", async () => {
    const { cascade, gate } = await busy();
    gate.open();
    let inner: Promise<unknown> = Promise.resolve();
    const batch = await cascade.runBatch({
      get x() {
        inner = cascade.run(row());
        return new Float32Array(2);
      },
    });
    expect([...batch.label]).toEqual([7, 7]);
    expect(await inner).toMatchObject({ label: 7 });
    await cascade.close();
  });

  it.each([
    ["an object without a prototype", Object.create(null)],
    ["an error whose message cannot be read", Object.defineProperty(new Error(), "message", { get: () => fail() })],
    ["an object whose text cannot be made", { toString: () => fail() }],
  ])("gives its rows an error whatever it throws: %s", async (_, thrown) => {
    const member = {
      name: "broken",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: () => {
        throw thrown;
      },
    } as const;
    const cascade = await Cascade.builder()
      .options({ classes: 2 })
      .tier("api", { members: [member] })
      .build();
    const error = await errorOf(() => cascade.run(row()));
    expect(toCode(error)).toBe("QUORATE_ERR_MEMBER");
    expect(error.cause === thrown).toBe(true);
    const lazy = await errorOf(() => cascade.run({ x: () => Promise.reject(thrown) }));
    expect(toCode(lazy)).toBe("QUORATE_ERR_INPUT");
    expect(lazy.cause === thrown).toBe(true);
    await cascade.close();
  });

  it("hears the deadline and the priority of its rows", async () => {
    const heard: (readonly [number | null, number])[] = [];
    const member = {
      name: "listener",
      inputs: { x: { type: "float32", rowShape: [1] } },
      run: ({ count }: { readonly count: number }, context: { deadlineMs: number | null; priority: number }) => {
        heard.push([context.deadlineMs, context.priority]);
        return new Int32Array(count);
      },
    } as const;
    const cascade = await Cascade.builder()
      .options({ classes: 2 })
      .tier("api", { members: [member] })
      .build();
    await cascade.run(row(), { priority: 2 });
    await cascade.run(row(), { deadlineMs: 60_000 });
    const [[none, urgent] = [0, 0], [left, usual] = [null, 0]] = heard;
    expect([none, urgent, usual]).toEqual([null, 2, 5]);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    await cascade.close();
  });
});
