import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { percent, short, table } from "../../src/cli/io.js";
import type { FileRow } from "../../src/rows/file-row.js";
import { readRows } from "../../src/rows/read-rows.js";
import type { RequestTensor } from "../../src/spec/element-type.js";
import { pairedDifference, share } from "../../src/statistics/intervals.js";
import { tensorX } from "./fake-native.js";
import { errorOf } from "./open.js";

const folder = mkdtempSync(join(tmpdir(), "quorate-cli-"));

async function read(name: string, text: string, tensors: readonly RequestTensor[] = [tensorX]): Promise<FileRow[]> {
  const path = join(folder, name);
  writeFileSync(path, text);
  const rows: FileRow[] = [];
  for await (const row of readRows(path, tensors)) rows.push(row);
  return rows;
}

describe("rows of a file", () => {
  it("are CSV with or without header and label", async () => {
    const row = { tensors: { x: Float32Array.of(1, -2.5) } };
    expect(await read("plain.csv", "1,-2.5\n")).toEqual([{ ...row, label: undefined }]);
    expect(await read("full.csv", "a,b,label\n1,-2.5,7\n\n1,-2.5,0\n")).toEqual([
      { ...row, label: 7 },
      { ...row, label: 0 },
    ]);
  });

  it("are JSON lines, bare or by tensor", async () => {
    expect(await read("a.jsonl", '[[1, 2]]\n{"x": [3, 4], "label": 1}\n')).toEqual([
      { tensors: { x: Float32Array.of(1, 2) }, label: undefined },
      { tensors: { x: Float32Array.of(3, 4) }, label: 1 },
    ]);
    const ids = { ...tensorX, name: "ids", type: "int64", rowShape: [] } as const;
    expect((await read("b.jsonl", '{"x": [3, 4], "ids": 9}\n', [tensorX, ids]))[0]?.tensors).toEqual({
      x: Float32Array.of(3, 4),
      ids: BigInt64Array.of(9n),
    });
  });

  it.each([
    ["a.csv", "1,2\n1,2,3,4\n", /a\.csv", line 2: 4 columns, expected 2 for tensor "x", or 3 with a label/],
    ["a.csv", "1,two\n", /line 1: "two" is not a number/],
    ["a.csv", "1,2,0.5\n", /line 1: the label is 0.5, expected a class index/],
    ["a.jsonl", "{", /line 1: .*JSON/],
    ["a.jsonl", '{"y": [1, 2]}', /line 1: no member reads a tensor "y" \(known: "x", "label"\)/],
    ["a.jsonl", '{"label": 1}', /line 1: tensor "x" is missing, expected 2 numbers\./],
    ["a.jsonl", '{"x": [1, "b"]}', /line 1: tensor "x": value 1 is "b", expected a number\./],
    ["a.jsonl", '{"x": [1, 2, 3]}', /line 1: tensor "x": expected 2 numbers/],
  ])("of %s are refused with their line: %j", async (name, text, message) => {
    expect((await errorOf(() => read(name, text))).message).toMatch(message);
  });

  it("that are not there are refused by name", async () => {
    const rows = readRows(join(folder, "none.csv"), [tensorX]);
    expect((await errorOf(() => rows.next())).message).toMatch(/none\.csv": ENOENT/);
  });
});

describe("statistics", () => {
  it("give Wilson's interval", () => {
    const { value, low, high } = share(594, 597);
    expect([value, low, high].map((figure) => figure.toFixed(4))).toEqual(["0.9950", "0.9853", "0.9983"]);
    expect(share(10, 10).high).toBeCloseTo(1, 12);
  });

  it("give a paired difference with an interval even when no row differs", () => {
    const none = pairedDifference(0, 0, 597);
    expect(none.value).toBe(0);
    expect(none.low).toBeCloseTo(-none.high, 12);
    expect(none.high).toBeGreaterThan(0.001);
    expect(none.high).toBeLessThan(0.006);
    expect(pairedDifference(3, 1, 100).value).toBe(0.02);
  });
});

describe("output", () => {
  it("is short for people", () => {
    expect([0, 12, 1234, 10_200_000, null].map(short)).toEqual(["0", "12", "1.23 k", "10.2 M", "unknown"]);
    expect(percent(839, 1000)).toBe("83.9 %");
    expect(
      table([
        ["a", "bb"],
        ["ccc", "d"],
      ]),
    ).toEqual(["a    bb", "ccc   d"]);
  });
});
