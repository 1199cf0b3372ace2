/** What is wrong with some rows is an error of those rows only. */
import { describe, expect, it } from "vitest";
import { Cascade, type MemberFunction, votesAtLeast } from "../../src/index.js";
import { errorOf } from "./paths.js";

const declared = { x: { type: "float32", rowShape: [1] } } as const;
const lazy = { y: { type: "float32", rowShape: [2] } } as const;

/** Labels rows 0; a tier of two members that never agree sends every row on. */
const undecided = [
  { name: "no", inputs: declared, run: (({ count }) => new Int32Array(count)) as MemberFunction },
  { name: "yes", inputs: declared, run: (({ count }) => new Int32Array(count).fill(1)) as MemberFunction },
];

describe("a lazy tensor", () => {
  /** The second tier reads "y" and answers with its first number. */
  const open = (): Promise<Cascade> =>
    Cascade.builder()
      .options({ classes: 10 })
      .tier("first", { members: undecided, exitWhen: votesAtLeast(2), batch: { maxRows: 4, maxInFlight: 1 } })
      .tier("second", {
        members: [
          {
            name: "reads-y",
            inputs: lazy,
            run: ({ tensors, count }) => Int32Array.from({ length: count }, (_, i) => tensors["y"]?.[2 * i] as number),
          },
        ],
      })
      .build();
  const numbers = (rows: Uint32Array): Float32Array => Float32Array.from([...rows].flatMap((row) => [row % 10, 0]));

  it.each<[string, (rows: Uint32Array) => Float32Array | Promise<Float32Array>, RegExp]>([
    ["is too short", (rows) => numbers(rows).subarray(1), /has 7 elements, expected 8/],
    ["is too long", (rows) => new Float32Array(rows.length * 3), /has 12 elements, expected 8/],
    ["is of another type", (rows) => new Int32Array(rows.length * 2) as never, /Int32Array, expected Float32Array/],
    ["is nothing", () => undefined as never, /undefined, expected Float32Array/],
    [
      "is thrown for",
      () => {
        throw new Error("no picture");
      },
      /no picture/,
    ],
    ["is rejected", () => Promise.reject(new Error("no picture")), /no picture/],
  ])("that %s fails the rows it was asked for, and no others", async (_, wrong, message) => {
    const cascade = await open();
    const asked: number[] = [];
    const y = (rows: Uint32Array): Float32Array | Promise<Float32Array> => {
      asked.push(...rows);
      return rows.includes(5) ? wrong(rows) : numbers(rows);
    };
    const alone = cascade.run({ x: new Float32Array(1), y: () => Float32Array.of(9, 0) });
    const answer = await cascade.runBatch({ x: new Float32Array(12), y });
    expect((await alone).label).toBe(9);
    expect(asked.sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    const failed = [...answer.status.keys()].filter((row) => answer.status[row] !== 0);
    expect(failed).toContain(5);
    expect(failed.length).toBeLessThan(12);
    for (let row = 0; row < 12; row++) {
      if (failed.includes(row)) {
        expect(answer.at(row).error).toMatchObject({ code: "QUORATE_ERR_INPUT" });
        expect(answer.at(row).error?.message).toMatch(message);
      } else expect(answer.label[row]).toBe(row % 10);
    }
    await cascade.close();
  });

  it("fails a row of run() with its cause", async () => {
    const cascade = await open();
    const cause = new Error("camera is off");
    const call = cascade.run({ x: new Float32Array(1), y: () => Promise.reject(cause) });
    expect(await errorOf(() => call)).toMatchObject({ code: "QUORATE_ERR_INPUT", cause });
    await cascade.close();
  });
});

describe("a function member", () => {
  const open = (run: MemberFunction): Promise<Cascade> =>
    Cascade.builder()
      .options({ classes: 10 })
      .tier("only", { members: [{ name: "f", inputs: declared, run }], batch: { maxRows: 4, maxInFlight: 1 } })
      .build();

  it.each<[string, (count: number) => unknown, RegExp]>([
    ["gives too few labels", (count) => new Int32Array(count - 1), /returned 3 values, expected Int32Array with 4 /],
    ["gives too many labels", (count) => new Int32Array(count + 1), /returned 5 values, expected Int32Array with 4 /],
    ["gives none", () => new Int32Array(0), /returned 0 values/],
    ["gives scores", (count) => new Float32Array(count * 10), /returned Float32Array/],
    ["gives a list that is too short", (count) => new Array(count - 1).fill(0), /an array of 3 rows, expected 4/],
    ["rejects", () => Promise.reject(new Error("no credit")), /no credit/],
  ])("that %s fails the rows of that call, and no others", async (_, wrong, message) => {
    const cascade = await open((async ({ tensors, count }) => {
      if (tensors["x"]?.includes(5 as never)) return wrong(count);
      return Int32Array.from(tensors["x"] as Float32Array);
    }) as MemberFunction);
    const answer = await cascade.runBatch({ x: Float32Array.from({ length: 12 }, (_, i) => i % 10) });
    for (let row = 0; row < 12; row++) {
      if (row < 4 || row > 7) expect(answer.at(row)).toMatchObject({ status: "ok", label: row % 10 });
      else {
        expect(answer.at(row).error).toMatchObject({ code: "QUORATE_ERR_MEMBER" });
        expect(answer.at(row).error?.message).toMatch(message);
      }
    }
    await cascade.close();
  });

  it("that gives labels out of range abstains on those rows", async () => {
    const cascade = await open(({ tensors }) => Int32Array.from(tensors["x"] as Float32Array));
    const answer = await cascade.runBatch({ x: Float32Array.of(3, -1, 10, 9) });
    expect([...answer.label]).toEqual([3, -1, -1, 9]);
    expect([...answer.valid]).toEqual([1, 0, 0, 1]);
    await cascade.close();
  });
});
