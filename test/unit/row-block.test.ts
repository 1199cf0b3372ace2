/** Single rows of one turn: together into the engine, each with an end of its own. */
import { describe, expect, it } from "vitest";
import { rowColumns } from "./fake-native.js";
import { errorOf, openFake, turn, twoTiers } from "./open.js";

const row = (value: number): Float32Array => new Float32Array(4).fill(value);
const tensors = [
  { name: "x", type: "float32", rowShape: [4], tiers: [0, 1] },
  { name: "unread", type: "float32", rowShape: [1], tiers: [] },
] as const;
const refusal = (code: string): Error => Object.assign(new Error("no room"), { code });

describe("single rows of one turn", () => {
  it("go into the engine together, copied when run() was called", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const reused = row(1);
    const answers = [cascade.run(reused)];
    reused.fill(2);
    answers.push(cascade.run({ x: reused }));
    reused.fill(3);
    expect(native.submitted).toHaveLength(0);
    await turn();
    expect(native.submitted).toHaveLength(1);
    expect(native.submitted[0]).toMatchObject({ id: 1, rows: 2 });
    expect(native.submitted[0]?.inputs).toEqual([Float32Array.of(1, 1, 1, 1, 2, 2, 2, 2), null]);
    native.hooks.onRows(rowColumns([2, 1], { label: Int32Array.of(7, 8) }));
    expect((await Promise.all(answers)).map(({ label }) => label)).toEqual([8, 7]);
  });

  it("take those along whose promises have just settled", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const caller = async (): Promise<void> => {
      await cascade.run(row(1));
      await cascade.run(row(2));
    };
    const callers = [caller(), caller(), caller()];
    await turn();
    native.hooks.onRows(rowColumns([1, 2, 3]));
    await turn();
    expect(native.submitted.map(({ id, rows }) => [id, rows])).toEqual([
      [1, 3],
      [4, 3],
    ]);
    native.hooks.onRows(rowColumns([4, 5, 6]));
    await Promise.all(callers);
  });

  it("part where their options differ", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    void cascade.run(row(1));
    void cascade.run(row(2), {});
    void cascade.run(row(3), { priority: 1 });
    void cascade.run(row(4), { deadlineMs: 5 });
    void cascade.run(row(5), { deadlineMs: 5 });
    await turn();
    expect(native.submitted.map(({ id, rows }) => [id, rows])).toEqual([
      [1, 2],
      [3, 1],
      [4, 2],
    ]);
  });

  it("are at most 64 at once, and no more than maxRowsInFlight", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    for (let i = 0; i < 100; i++) void cascade.run(row(i));
    await turn();
    expect(native.submitted.map(({ rows }) => rows)).toEqual([64, 36]);
    const small = await openFake({ ...twoTiers, maxRowsInFlight: 2 }, { tensors });
    for (let i = 0; i < 3; i++) void small.cascade.run(row(i));
    await turn();
    expect(small.native.submitted.map(({ rows }) => rows)).toEqual([2, 1]);
  });

  it("go alone when they are large", async () => {
    const large = [{ name: "x", type: "float64", rowShape: [5000], tiers: [0, 1] }] as const;
    const { cascade, native } = await openFake(twoTiers, { tensors: large });
    void cascade.run(new Float64Array(5000));
    void cascade.run(new Float64Array(5000));
    expect(native.submitted.map(({ rows }) => rows)).toEqual([1, 1]);
  });

  it("stay in order with other calls", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    void cascade.run(row(1));
    void cascade.run({ x: () => row(2) });
    void cascade.run(row(3));
    void cascade.runBatch({ x: new Float32Array(8) });
    void cascade.run(row(4));
    cascade.counters();
    expect(native.submitted.map(({ id, rows }) => [id, rows])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 1],
    ]);
  });

  it("are not held up by a bad one", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const good = cascade.run(row(1));
    const errors = await Promise.all(
      [new Float32Array(3), new Float64Array(4), { y: row(1) }, { x: row(1), y: row(1) }, {}, null, "x"].map((input) =>
        errorOf(() => cascade.run(input as never)),
      ),
    );
    for (const error of errors) expect(error).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
    expect(native.submitted.map(({ rows }) => rows)).toEqual([1]);
    native.hooks.onRows(rowColumns([1]));
    await good;
  });

  it("are refused each with an error of its own", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    native.refusal = refusal("QUORATE_ERR_QUEUE_FULL");
    const errors = await Promise.all([0, 1].map((i) => errorOf(() => cascade.run(row(i)))));
    for (const error of errors) expect(error).toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL", message: "no room" });
    expect(errors[0]).not.toBe(errors[1]);
  });

  it("may be taken in part: the others are refused", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    native.room = 2;
    native.refusal = refusal("QUORATE_ERR_QUEUE_FULL");
    const answers = [0, 1, 2].map((i) => cascade.run(row(i)));
    await expect(answers[2]).rejects.toMatchObject({ code: "QUORATE_ERR_QUEUE_FULL" });
    expect(native.submitted).toHaveLength(1);
    native.hooks.onRows(rowColumns([1, 2]));
    await Promise.all(answers.slice(0, 2));
  });

  it("are asked for again until all are taken: none is forgotten", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    native.room = 2;
    const answers = [0, 1, 2, 3, 4].map((i) => cascade.run(row(i)));
    await turn();
    expect(native.submitted.map(({ id, rows }) => [id, rows])).toEqual([
      [1, 2],
      [3, 2],
      [5, 1],
    ]);
    expect(native.submitted[2]?.inputs[0]).toEqual(row(4));
    native.hooks.onRows(rowColumns([1, 2, 3, 4, 5]));
    await Promise.all(answers);
  });

  it("can be aborted before they went: the engine hears of both", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const controller = new AbortController();
    const aborted = cascade.run(row(1), { signal: controller.signal });
    const other = cascade.run(row(2));
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "QUORATE_ERR_ABORTED" });
    expect(native.submitted[0]).toMatchObject({ id: 1, rows: 2 });
    expect(native.cancelled).toEqual([1]);
    native.hooks.onRows(rowColumns([2]));
    await other;
  });

  it("go before close does", async () => {
    const { cascade, native } = await openFake(twoTiers, { tensors });
    const answer = cascade.run(row(1));
    const closed = cascade.close();
    expect(native.submitted).toHaveLength(1);
    native.hooks.onRows(rowColumns([1]));
    await answer;
    await closed;
  });
});
