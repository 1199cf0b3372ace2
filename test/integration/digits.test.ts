/** The bundled digits, through every way in. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agreementAtLeast, allOf, Cascade, type CascadeSpec, scoreAtLeast } from "../../src/index.js";
import { counterProblems } from "../counter-problems.js";
import { answered, digits } from "./paths.js";

const lines = readFileSync(digits("test.csv"), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(",").map(Number));
const labels = lines.map((line) => line[64]);
const image = Float32Array.from(lines.flatMap((line) => line.slice(0, 64)));
const count = lines.length;
const row = (i: number): Float32Array => image.slice(i * 64, (i + 1) * 64);
const onnx = (...names: readonly string[]): string[] => names.map((name) => digits(`${name}.onnx`));

function builder() {
  return Cascade.builder()
    .tier("tiny", {
      members: onnx("tiny-a", "tiny-b", "tiny-c"),
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(0.8)),
    })
    .tier("small", {
      members: onnx("small-a", "small-b", "small-c"),
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(0.7)),
    })
    .tier("large", { members: onnx("large") });
}

let cascade: Cascade;
beforeAll(async () => {
  cascade = await builder().build();
});
afterAll(() => cascade.close());

describe("the digits cascade", () => {
  it("answers as the offline check did", async () => {
    const answer = await cascade.runBatch(image);
    const right = labels.filter((label, i) => answer.label[i] === label).length;
    expect((right / count).toFixed(4)).toBe("0.9950");
    const share = (t: number): string => (answer.tierIndex.filter((tier) => tier === t).length / count).toFixed(3);
    expect([share(0), share(1), share(2)]).toEqual(["0.839", "0.092", "0.069"]);
    expect(answer.status.every((status) => status === 0)).toBe(true);
  });

  it("is the same from cascade.json, and from its own spec", async () => {
    const expected = await cascade.runBatch({ image });
    const again: (CascadeSpec | string)[] = [digits("cascade.json"), JSON.parse(JSON.stringify(cascade.spec))];
    for (const spec of again) {
      const other = await Cascade.fromSpec(spec);
      const answer = await other.runBatch({ image });
      await other.close();
      expect(answer.label).toEqual(expected.label);
      expect(answer.tierIndex).toEqual(expected.tierIndex);
    }
  });

  it("answers single rows, batches, copies and streams alike", async () => {
    const batch = await cascade.runBatch({ image }, { copy: true });
    const singles = await Promise.all(labels.map((_, i) => cascade.run({ image: row(i) })));
    expect(singles.map(({ label }) => label)).toEqual([...batch.label]);
    expect(singles.map(({ tierIndex }) => tierIndex)).toEqual([...batch.tierIndex]);
    const streamed: number[] = [];
    for await (const answer of cascade.stream(labels.map((_, i) => row(i)))) streamed.push(answer.label);
    expect(streamed).toEqual([...batch.label]);
  });

  it("names classes, also those of members in another order", async () => {
    const names = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
    const own = [...names].reverse();
    const tiny = await Cascade.builder()
      .options({ classes: names })
      .tier("tiny", { members: [{ model: digits("tiny-a.onnx"), classes: own }] })
      .build();
    const plain = await Cascade.builder()
      .tier("tiny", { members: onnx("tiny-a") })
      .build();
    const [mapped, straight] = [await tiny.run(row(0)), await plain.run(row(0))];
    await Promise.all([tiny.close(), plain.close()]);
    expect(mapped.label).toBe(9 - straight.label);
    expect(mapped.labelName).toBe(`digit ${mapped.label}`);
  });

  it("reads models from bytes", async () => {
    const bytes = readFileSync(digits("tiny-a.onnx"));
    const small = await Cascade.builder()
      .tier("tiny", { members: [bytes] })
      .build();
    expect((await small.run(row(0))).tier).toBe("tiny");
    await small.close();
  });

  it("traces every member of every visited tier", async () => {
    const batch = await cascade.runBatch({ image });
    const deferred = batch.tierIndex.indexOf(2);
    const { trace, label } = await cascade.run({ image: row(deferred) }, { trace: true });
    expect(trace?.map(({ tier, members }) => [tier, members.length])).toEqual([
      ["tiny", 3],
      ["small", 3],
      ["large", 1],
    ]);
    expect(trace?.at(-1)).toMatchObject({ label, members: [{ member: "large.onnx", vote: label }] });
  });

  it("counts every row, and charges every visited tier", async () => {
    const before = cascade.counters();
    await cascade.runBatch({ image });
    const counters = cascade.counters({ since: before });
    expect(counterProblems(counters)).toEqual([]);
    expect(counters.tiers.map(({ entered }) => entered)).toEqual([597, 96, 41]);
    expect(counters.tiers.reduce((sum, { exited }) => sum + exited, 0)).toBe(counters.settled);
    for (const { entered, members } of counters.tiers) {
      for (const { rowsRun, rowsSkipped, rowsReused, rowsFailed } of members)
        expect(rowsRun + rowsSkipped + rowsReused + rowsFailed).toBe(entered);
    }
    const cost = await cascade.cost({ since: before });
    expect(cost.rows).toBe(count);
    const [tiny, small, large] = (await cascade.explain()).tiers.map(({ flopsPerRow }) => flopsPerRow ?? Number.NaN);
    const [a, b, c] = counters.tiers.map(({ members }) => (members[0]?.rowsRun ?? 0) + (members[0]?.rowsPadded ?? 0));
    if (tiny === undefined || small === undefined || large === undefined || c === undefined)
      throw new Error("three tiers");
    expect([a, b, c]).toEqual([597, 96, 41]);
    expect(cost.reference.flops).toBe(large * count);
    expect(cost.cascade.flops).toBeLessThanOrEqual(tiny * 597 + small * 96 + large * 41);
    expect(cost.ratio.flops).toBeGreaterThan(5);
  });

  it("explains itself before any traffic", async () => {
    const { tiers, classes, inputs, runtime } = await cascade.explain();
    expect(classes).toBe(10);
    expect(inputs).toMatchObject([{ name: "image", type: "float32", rowShape: [64] }]);
    expect(tiers[0]).toMatchObject({ exitWhen: "votes >= 3 of 3 and score >= 0.8", requiredVotes: 3 });
    expect(tiers[0]?.members[0]).toMatchObject({
      name: "tiny-a.onnx",
      output: "logits",
      device: "cpu",
      hostNodes: [],
      outputWidth: 10,
    });
    expect(tiers[0]?.members[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(tiers[2]?.flopsPerRow).toBeGreaterThan(tiers[0]?.flopsPerRow ?? Number.NaN);
    expect(runtime.version).toMatch(/^1\.\d+/);
  });

  it("says at once what it reads and what its tiers are", async () => {
    const explanation = await cascade.explain();
    const { inputs, classes, classNames, tiers } = cascade;
    expect({ inputs, classes, classNames }).toEqual({
      inputs: explanation.inputs,
      classes: explanation.classes,
      classNames: explanation.classNames,
    });
    expect(explanation.tiers).toMatchObject(tiers);
    expect(tiers[0]?.members[0]).not.toHaveProperty("flopsPerRow");
  });
});

describe("the builder", () => {
  it("takes options of the whole cascade, and names those that it does not know", async () => {
    const small = await Cascade.builder({ maxRowsInFlight: 4, classes: 10 })
      .tier("tiny", { members: onnx("tiny-a") })
      .build();
    expect(small.spec).toMatchObject({ maxRowsInFlight: 4, classes: 10 });
    await small.close();
    const wrong = Cascade.builder({ maxRowsInflight: 4 } as object).tier("tiny", { members: onnx("tiny-a") });
    await expect(wrong.build()).rejects.toMatchObject({
      code: "QUORATE_ERR_INVALID_ARGUMENT",
      message: expect.stringContaining('did you mean "maxRowsInFlight"?'),
    });
  });
});

describe("a tier of functions", () => {
  it("takes over where models disagree, and only there", async () => {
    const asked: number[] = [];
    const mixed = await Cascade.builder()
      .tier("tiny", { members: onnx("tiny-a", "tiny-b", "tiny-c"), exitWhen: agreementAtLeast(1) })
      .tier("oracle", {
        members: [
          async ({ rows }) => {
            asked.push(...rows);
            return Int32Array.from(rows, (i) => labels[i] ?? -1);
          },
        ],
      })
      .build();
    const answer = await mixed.runBatch({ image });
    const deferred = [...answer.tierIndex.keys()].filter((i) => answer.tierIndex[i] === 1);
    expect(asked.sort((a, b) => a - b)).toEqual(deferred);
    expect(deferred.every((i) => answer.label[i] === labels[i])).toBe(true);
    expect(answered(answer, deferred[0] ?? 0).score).toBeNull();
    await mixed.close();
  });

  it("that fails rejects its rows only, or degrades to the last answer", async () => {
    const broken = async (): Promise<Int32Array> => {
      throw new Error("no credit");
    };
    for (const onFailure of ["reject", "degrade"] as const) {
      const mixed = await Cascade.builder()
        .tier("tiny", { members: onnx("tiny-a", "tiny-b"), exitWhen: agreementAtLeast(1) })
        .tier("api", { members: [broken], onFailure })
        .build();
      const answer = await mixed.runBatch({ image });
      const wanted = onFailure === "reject" ? ["ok", "failed"] : ["ok"];
      expect(new Set(labels.map((_, i) => answer.at(i).status))).toEqual(new Set(wanted));
      if (onFailure === "reject") {
        // One per call of the function: each has the very error that its call threw.
        expect(answer.errors.length).toBeGreaterThan(0);
        for (const error of answer.errors) {
          expect(error).toMatchObject({ code: "QUORATE_ERR_MEMBER", cause: { message: "no credit" } });
          expect(error.message).toContain("no credit");
        }
        expect(new Set(answer.errors.map(({ cause }) => cause)).size).toBe(answer.errors.length);
      } else expect(answer.degraded.some((flag) => flag === 1)).toBe(true);
      await mixed.close();
    }
  });
});

describe("lazy tensors", () => {
  it("are asked for deferred rows only", async () => {
    const members = [{ model: digits("large.onnx"), inputs: { image: "picture" } }];
    const two = await Cascade.builder()
      .tier("tiny", { members: onnx("tiny-a", "tiny-b", "tiny-c"), exitWhen: agreementAtLeast(1) })
      .tier("large", { members })
      .build();
    const asked: number[] = [];
    const picture = (rows: Uint32Array): Float32Array => {
      asked.push(...rows);
      return Float32Array.from([...rows].flatMap((i) => [...row(i)]));
    };
    const answer = await two.runBatch({ image, picture });
    expect(asked.sort((a, b) => a - b)).toEqual([...answer.tierIndex.keys()].filter((i) => answer.tierIndex[i] === 1));
    const whole = await two.runBatch({ image, picture: image });
    expect(answer.label).toEqual(whole.label);
    const deferred = answer.tierIndex.indexOf(1);
    await expect(two.run({ image: row(deferred), picture: () => new Float32Array(3) })).rejects.toMatchObject({
      code: "QUORATE_ERR_INPUT",
    });
    await two.close();
  });
});
