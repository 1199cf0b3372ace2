/** Outputs whose shape is not what the model declares, or has dimensions of 1 that mean nothing. */
import { describe, expect, it } from "vitest";
import { Cascade, type CascadeSpec } from "../../src/index.js";
import { model, refusal } from "./open.js";

const rows = Float32Array.from({ length: 12 * 4 }, (_, i) => Math.sin(3 * i + 1));

const spec = (name: string, options: Partial<CascadeSpec> = {}): CascadeSpec => ({
  ...options,
  tiers: [{ name: "t", members: [{ model: model(name), name }] }],
});

async function labels(given: CascadeSpec, count = 12): Promise<number[]> {
  const cascade = await Cascade.fromSpec(given);
  const { label: found } = await cascade.runBatch({ x: rows.subarray(0, count * 4) });
  await cascade.close();
  return [...found];
}

describe("scores", () => {
  it.each([
    "tail",
    "middle",
    "tail-open",
    "declared-one-row",
    "declared-flat",
    "declared-two-classes",
    "declared-without-one",
    "declared-not",
  ])("of the model %s are those of the plain one", async (name) => {
    const expected = await labels(spec("scores"));
    expect(new Set(expected).size).toBe(3);
    expect(await labels(spec(name))).toEqual(expected);
    expect(await labels(spec(name), 1)).toEqual(expected.slice(0, 1));
  });

  it.each(["tail", "middle", "tail-open", "declared-one-row", "declared-flat", "declared-not"])(
    "of the model %s need no warm-up",
    async (name) => {
      expect(await labels(spec(name, { warmup: false }))).toEqual(await labels(spec("scores")));
    },
  );

  it.each(["fixed", "fixed-declared-one-row"])("of the model %s come in batches of four", async (name) => {
    const cascade = await Cascade.fromSpec(spec(name));
    expect((await cascade.explain()).tiers[0]?.members[0]?.fixedBatch).toBe(4);
    const { label: found } = await cascade.runBatch({ x: rows.subarray(0, 7 * 4) });
    expect([...found]).toEqual(await labels(spec("scores"), 7));
    expect(cascade.counters().tiers[0]?.members[0]?.rowsPadded).toBe(1);
    await cascade.close();
  });
});

describe("labels", () => {
  it.each(["label", "label-column", "label-declared-one", "label-declared-column", "label-column-declared-flat"])(
    "of the model %s are one per row",
    async (name) => {
      expect(await labels(spec(name, { classes: 3 }))).toEqual(await labels(spec("scores")));
    },
  );
});

describe("an output that fits neither as declared nor as it comes", () => {
  it.each(["batch-last", "batch-last-declared-first"])("is refused with both shapes: %s", async (name) => {
    expect(await refusal(spec(name))).toMatch(
      /onnx has no batch dimension: for a batch of 2 output 'z' is \[3, 2\] and is declared as \[3, (\?|3)\]/,
    );
  });

  it("is refused with its shape when it has two dimensions per row, whether or not `classes` are given", async () => {
    const expected = 'output "z" has row shape [3, 2], expected one value per class';
    expect(await refusal(spec("three-by-two"))).toContain(expected);
    expect(await refusal(spec("three-by-two", { classes: 3 }))).toContain(expected);
  });
});

describe("a model that refuses made-up rows", () => {
  const id = BigInt64Array.from([1n, 2n, 3n, 2n]);

  it.each(["categories", "categories-open"])("is built and answers real ones: %s", async (name) => {
    const cascade = await Cascade.fromSpec(spec(name));
    expect([...(await cascade.runBatch({ id })).label]).toEqual([0, 1, 2, 1]);
    expect((await cascade.explain()).warnings.join("\n")).toMatch(
      /failed on made-up rows.*warmup: false leaves them out/,
    );
    await cascade.close();
  });

  it("needs `classes` where nothing else tells the output's width, and says so", async () => {
    expect(await refusal(spec("categories-far-open"))).toMatch(
      /output 'y' is declared as \[\?, \?\], and a run of made-up rows, to see its width, failed: give `classes`/,
    );
    const cascade = await Cascade.fromSpec(spec("categories-far-open", { classes: 3 }));
    expect([...(await cascade.runBatch({ id: id.map((n) => 10n * n) })).label]).toEqual([0, 1, 2, 1]);
    await cascade.close();
  });

  it("is not given more rows than its tier runs at once", async () => {
    const tiers = [{ name: "t", members: [model("four-positions")], batch: { maxRows: 4 } }];
    const cascade = await Cascade.fromSpec({ tiers });
    const { warnings, tiers: explained } = await cascade.explain();
    expect([warnings, explained[0]?.members[0]?.batchDifference]).toEqual([[], 0]);
    expect([...(await cascade.runBatch({ x: rows })).label]).toEqual(await labels(spec("scores")));
    await cascade.close();
  });
});
