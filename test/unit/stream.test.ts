import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Answer } from "../../src/calls/answer.js";
import { Ring } from "../../src/calls/ring.js";
import { type RunRow, type StreamOptions, streamRows } from "../../src/calls/stream.js";
import { QuorateError } from "../../src/errors.js";
import type { NativeCallOptions } from "../../src/native/contract.js";
import { errorOf } from "./open.js";

/** Answers row [n] with label n after `delay(n)` ms, and fails row [-1]. */
function runner(delay: (n: number) => number = () => 0) {
  const state = { started: 0, running: 0, most: 0, aborted: 0, options: [] as NativeCallOptions[] };
  const run: RunRow = async (row, options, signal) => {
    state.options.push(options);
    const [n = 0] = row as Float32Array;
    state.started++;
    state.most = Math.max(state.most, ++state.running);
    try {
      await sleep(delay(n), undefined, { signal });
    } catch {
      state.aborted++;
      throw new QuorateError("QUORATE_ERR_ABORTED", "aborted");
    } finally {
      state.running--;
    }
    if (n < 0) throw new QuorateError("QUORATE_ERR_MEMBER", "bad row");
    return { label: n, trace: null } as Answer;
  };
  return { state, run };
}

function rows(...numbers: readonly number[]): Float32Array[] {
  return numbers.map((n) => Float32Array.of(n));
}

async function labels(
  run: RunRow,
  source: Parameters<typeof streamRows>[1],
  options: StreamOptions = {},
): Promise<number[]> {
  const seen: number[] = [];
  for await (const { label } of streamRows(run, source, options, 4)) seen.push(label);
  return seen;
}

describe("stream", () => {
  it("yields in order, whatever finishes first", async () => {
    const { run } = runner((n) => 20 - 5 * n);
    expect(await labels(run, rows(0, 1, 2, 3))).toEqual([0, 1, 2, 3]);
  });

  it("yields as rows finish when not ordered, with each row's index", async () => {
    const { run } = runner((n) => 10 * n);
    const seen: [number, number][] = [];
    for await (const { label, index } of streamRows(run, rows(3, 1, 2), { ordered: false }, 4))
      seen.push([label, index]);
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 0],
    ]);
  });

  it("reads ahead no more than inFlight", async () => {
    const { run, state } = runner();
    let read = 0;
    const source = function* () {
      for (const row of rows(...Array.from({ length: 50 }, (_, i) => i))) {
        read++;
        yield row;
      }
    };
    const iterator = streamRows(run, source(), { inFlight: 3 }, 4);
    await iterator.next();
    await sleep(10);
    expect(read).toBeLessThanOrEqual(4);
    let count = 1;
    for await (const _ of iterator) count++;
    expect(count).toBe(50);
    expect(state.most).toBeLessThanOrEqual(3);
  });

  it("yields what is ready while the source is slow", async () => {
    const source = async function* () {
      yield Float32Array.of(1);
      await sleep(10_000, undefined, { ref: false });
      yield Float32Array.of(2);
    };
    const iterator = streamRows(runner().run, source(), {}, 4);
    expect((await iterator.next()).value).toMatchObject({ label: 1, index: 0 });
    await iterator.return();
  });

  it("cancels what is in flight and returns the source when the loop is left", async () => {
    const { run, state } = runner((n) => (n === 0 ? 0 : 10_000));
    const returned = vi.fn();
    const source = function* () {
      try {
        yield* rows(0, 1, 2, 3, 4, 5, 6);
      } finally {
        returned();
      }
    };
    for await (const _ of streamRows(run, source(), {}, 3)) break;
    await sleep(1);
    expect(returned).toHaveBeenCalledOnce();
    expect(state.running).toBe(0);
    expect(state.aborted).toBeGreaterThan(0);
  });

  it("throws a row's error in its turn, or reports it and goes on", async () => {
    const { run } = runner();
    expect(await errorOf(() => labels(run, rows(1, -1, 2)))).toMatchObject({ code: "QUORATE_ERR_MEMBER" });
    const onRowError = vi.fn();
    expect(await labels(run, rows(1, -1, 2), { onRowError })).toEqual([1, 2]);
    expect(onRowError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "QUORATE_ERR_MEMBER" }), 1);
  });

  it("throws the source's error after the rows before it", async () => {
    const source = function* () {
      yield* rows(1, 2);
      throw new Error("disk is gone");
    };
    const seen: number[] = [];
    const error = await errorOf(async () => {
      for await (const { label } of streamRows(runner().run, source(), {}, 4)) seen.push(label);
    });
    expect(error.message).toBe("disk is gone");
    expect(seen).toEqual([1, 2]);
  });

  it("ends with the signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 5);
    const { run, state } = runner(() => 10_000);
    const error = await errorOf(() => labels(run, rows(1, 2, 3), { signal: controller.signal }));
    expect(error).toMatchObject({ name: "AbortError", cause: "enough" });
    await sleep(1);
    expect(state.aborted).toBe(3);
  });

  it("gives its rows the call's options, and a signal of its own", async () => {
    const { run, state } = runner();
    const { signal } = new AbortController();
    await labels(run, rows(1, 2), { signal, priority: 2, deadlineMs: 50, onDeadline: "degrade", trace: true });
    const options = {
      priority: 2,
      deadlineMs: 50,
      degradeOnDeadline: true,
      detail: "votes" as const,
      wait: true,
      copy: false,
    };
    expect(state.options).toEqual([options, options]);
    expect(state.aborted).toBe(0);
  });

  it("ends before its first row when the signal has aborted", async () => {
    const { run, state } = runner();
    const source = { [Symbol.iterator]: vi.fn() };
    const error = await errorOf(() => labels(run, source, { signal: AbortSignal.abort("early") }));
    expect(error).toMatchObject({ name: "AbortError", cause: "early" });
    expect(state.started).toBe(0);
    expect(source[Symbol.iterator]).not.toHaveBeenCalled();
  });

  it("many on one signal give no warning of too many listeners", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const { signal } = new AbortController();
    const { run } = runner();
    await Promise.all(Array.from({ length: 30 }, () => labels(run, rows(1), { signal })));
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it("throws what onRowError throws, and returns the source", async () => {
    const returned = vi.fn();
    const source = function* () {
      try {
        yield* rows(-1, 1, 2, 3, 4, 5, 6);
      } finally {
        returned();
      }
    };
    const onRowError = (): never => {
      throw new Error("too much");
    };
    expect((await errorOf(() => labels(runner().run, source(), { onRowError }))).message).toBe("too much");
    expect(returned).toHaveBeenCalledOnce();
  });

  it.each([true, false])("gives every row once, in any order of their ends (ordered: %s)", async (ordered) => {
    let seed = 7;
    const { run, state } = runner(() => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 4;
    });
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    const seen: number[] = [];
    for await (const { label, index } of streamRows(run, rows(...numbers), { ordered, inFlight: 7 }, 4)) {
      expect(index).toBe(label);
      seen.push(label);
    }
    if (!ordered) seen.sort((a, b) => a - b);
    expect(seen).toEqual(numbers);
    expect(state.most).toBeLessThanOrEqual(7);
  });

  it.each([
    [{ inFlight: 0 }, rows(1)],
    [{ inflight: 3 } as never, rows(1)],
    [{ orderd: false } as never, rows(1)],
    [{ onRowError: "ignore" as never }, rows(1)],
    [{}, Float32Array.of(1)],
    [{}, 7],
  ])("refuses %o over %o", async (options, source) => {
    expect(await errorOf(() => labels(runner().run, source as never, options))).toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
    });
  });
});

describe("a ring", () => {
  it("gives out in the order of the starts, and is full until the first is taken", () => {
    const ring = new Ring<{ n: number }>(2, true);
    const [a, b] = [ring.reserve(), ring.reserve()];
    expect(ring.isFull).toBe(true);
    ring.put(b, { n: 2 });
    expect(ring.take()).toBeUndefined();
    ring.put(a, { n: 1 });
    expect([ring.take(), ring.isFull, ring.take(), ring.take()]).toEqual([{ n: 1 }, false, { n: 2 }, undefined]);
    expect(ring.isEmpty).toBe(true);
  });

  it("gives out in the order of the ends", () => {
    const ring = new Ring<{ n: number }>(3, false);
    for (let round = 0; round < 5; round++) {
      const [a, b] = [ring.reserve(), ring.reserve()];
      ring.put(b, { n: b });
      expect(ring.take()).toEqual({ n: b });
      expect(ring.isEmpty).toBe(false);
      ring.put(a, { n: a });
      expect([ring.take(), ring.take()]).toEqual([{ n: a }, undefined]);
    }
  });
});
