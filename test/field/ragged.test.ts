/** Rows of several lengths: texts of so many tokens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  agreementAtLeast,
  type BatchAnswer,
  type BatchRow,
  Cascade,
  type CascadeSpec,
  type MemberBatch,
  type RequestTensor,
  votesAtLeast,
} from "../../src/index.js";
import { csvRow } from "../../src/rows/csv.js";
import { jsonRow } from "../../src/rows/jsonl.js";
import { model } from "./open.js";

const padded: CascadeSpec = {
  tensors: {
    input_ids: { ragged: true, pad: 0, rowShape: ["tokens"] },
    attention_mask: { ragged: true, pad: 0, rowShape: ["tokens"] },
  },
  tiers: [{ name: "text", members: [model("masked-text")] }],
};
const exact: CascadeSpec = {
  tensors: { input_ids: { ragged: true } },
  tiers: [{ name: "text", members: [model("mean-text")] }],
};

type Text = Readonly<Record<"input_ids" | "attention_mask", BigInt64Array>>;

/** The text of a seed: some tokens, all of them heeded. */
function text(length: number, seed = length): Text {
  const input_ids = BigInt64Array.from({ length }, (_, i) => BigInt((seed * 31 + i * i * 7 + i) % 64));
  return { input_ids, attention_mask: new BigInt64Array(length).fill(1n) };
}

const idsOf = ({ input_ids }: Text): { input_ids: BigInt64Array } => ({ input_ids });

/** Texts as one batch. */
function batchOf(texts: readonly Text[]): Record<keyof Text, { data: BigInt64Array; offsets: Int32Array }> {
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach(({ input_ids }, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + input_ids.length;
  });
  const column = (name: keyof Text): { data: BigInt64Array; offsets: Int32Array } => ({
    data: BigInt64Array.from(texts.flatMap((one) => [...one[name]])),
    offsets,
  });
  return { input_ids: column("input_ids"), attention_mask: column("attention_mask") };
}

function expectClose(got: Answer | BatchRow | undefined, wanted: Answer | undefined): void {
  const { label, score } = got as Answer;
  expect(label).toBe(wanted?.label);
  expect(Math.abs((score ?? Number.NaN) - (wanted?.score ?? Number.NaN))).toBeLessThanOrEqual(1e-5);
}

function expectAllClose(got: readonly Answer[] | BatchAnswer, wanted: readonly Answer[]): void {
  for (const [i, answer] of wanted.entries()) expectClose(Array.isArray(got) ? got[i] : got.at(i), answer);
}

async function alone(cascade: Cascade, rows: readonly object[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const row of rows) answers.push(await cascade.run(row as Text));
  return answers;
}

const error = (thrown: unknown): { code: string; message: string } => thrown as { code: string; message: string };

describe("rows of several lengths", () => {
  it("are answered as alone, whoever asks and whatever their lengths, by a model that heeds its mask", async () => {
    const cascade = await Cascade.fromSpec(padded);
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 300 })), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(lengths, async (sizes) => {
        const texts = sizes.map((length, i) => text(length, i));
        const expected = await alone(cascade, texts);
        const callers = await Promise.all(texts.map((row) => cascade.run(row)));
        expectAllClose(callers, expected);
        const batch = await cascade.runBatch(batchOf(texts));
        expectAllClose(batch, expected);
        const streamed = [];
        for await (const answer of cascade.stream(texts)) streamed.push(answer);
        streamed.sort((a, b) => a.index - b.index);
        expect(streamed.map(({ index }) => index)).toEqual([...texts.keys()]);
        expectAllClose(streamed, expected);
      }),
      { numRuns: 8, seed: 7 },
    );
    await cascade.close();
  });

  it("share a batch without `pad` only where their lengths are equal", async () => {
    const cascade = await Cascade.fromSpec(exact);
    const texts = Array.from({ length: 200 }, (_, i) => idsOf(text(1 + ((i * i) % 13), i)));
    const expected = await alone(cascade, texts);
    const before = cascade.counters();
    const callers = await Promise.all(texts.map((row) => cascade.run(row)));
    expectAllClose(callers, expected);
    const { input_ids } = batchOf(texts.map(({ input_ids: ids }) => ({ input_ids: ids, attention_mask: ids })));
    const batch = await cascade.runBatch({ input_ids });
    expectAllClose(batch, expected);
    const tokens = texts.reduce((sum, { input_ids: ids }) => sum + ids.length, 0);
    const [tier] = cascade.counters({ since: before }).tiers;
    expect(tier?.members[0]).toMatchObject({ rowsRun: 400, stepsRun: 2 * tokens, stepsPadded: 0 });
    expect(tier?.batches).toBeLessThan(200);
    await cascade.close();
  });

  it("are answered alike by a model that leaves its output's shape open", async () => {
    const cascade = await Cascade.fromSpec(exact);
    const open = await Cascade.fromSpec({ ...exact, tiers: [{ name: "t", members: [model("mean-text-open")] }] });
    const texts = Array.from({ length: 60 }, (_, i) => idsOf(text(1 + (i % 25), i)));
    const expected = await alone(cascade, texts);
    expectAllClose(await Promise.all(texts.map((row) => open.run(row))), expected);
    await Promise.all([cascade.close(), open.close()]);
  });

  it("count their padding", async () => {
    const cascade = await Cascade.fromSpec(padded);
    await cascade.runBatch(batchOf([text(5), text(7), text(8), text(30)]));
    const member = cascade.counters().tiers[0]?.members[0];
    expect(member).toMatchObject({ rowsRun: 4, stepsRun: 24 + 30, stepsPadded: 4 });
    await cascade.close();
  });

  it("do not lie in a batch with far longer ones", async () => {
    const cascade = await Cascade.fromSpec(padded);
    const texts = Array.from({ length: 500 }, (_, i) => text(i % 50 === 0 ? 400 : 17 + (i % 15), i));
    const batch = await cascade.runBatch(batchOf(texts));
    expect(batch.count).toBe(500);
    const { stepsRun = 0, stepsPadded = 0 } = cascade.counters().tiers[0]?.members[0] ?? {};
    expect(stepsRun - stepsPadded).toBe(texts.reduce((sum, { input_ids }) => sum + input_ids.length, 0));
    expect(stepsPadded).toBeLessThan(0.2 * stepsRun);
    await cascade.close();
  });

  it("may have steps of several numbers", async () => {
    const cascade = await Cascade.fromSpec({
      tensors: { frames: { ragged: true, rowShape: ["time", 2], pad: -1e9 } },
      tiers: [{ name: "t", members: [model("frames")] }],
    });
    expect(cascade.inputs).toEqual([
      { name: "frames", type: "float32", rowShape: ["time", 2], tiers: [0], ragged: { padded: true, maxLength: null } },
    ]);
    const rows = [1, 5, 6, 7].map((n) => Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(n + i)));
    const expected = await alone(
      cascade,
      rows.map((frames) => ({ frames })),
    );
    const offsets = BigInt64Array.of(0n, 1n, 6n, 12n, 19n);
    const batch = await cascade.runBatch({
      frames: { data: Float32Array.from(rows.flatMap((row) => [...row])), offsets },
    });
    expectAllClose(batch, expected);
    expectClose(await cascade.run(rows[2] as Float32Array), expected[2] as Answer);
    await expect(cascade.run(new Float32Array(3))).rejects.toThrow(/multiple of 2/);
    await cascade.close();
  });

  it("go on to tiers that group them otherwise, also in sequential execution", async () => {
    const voter = { run: byLength, output: "probabilities" } as const;
    const few = { members: [model("masked-text"), voter], execution: "sequential", exitWhen: votesAtLeast(2) } as const;
    const cascade = await Cascade.fromSpec({
      tensors: padded.tensors ?? {},
      tiers: [{ name: "few", ...few }, ...padded.tiers],
    });
    const texts = Array.from({ length: 120 }, (_, i) => text(1 + ((i * 37) % 200), i));
    const expected = await alone(cascade, texts);
    const answers = await Promise.all(texts.map((row) => cascade.run(row)));
    expectAllClose(answers, expected);
    expect(answers.map(({ tier }) => tier)).toEqual(expected.map(({ tier }) => tier));
    expect(new Set(answers.map(({ tier }) => tier)).size).toBe(2);
    await cascade.close();
  });

  it("come to functions without padding, with their offsets", async () => {
    const batches: MemberBatch[] = [];
    const cascade = await Cascade.fromSpec({
      classes: 2,
      tensors: { words: { ragged: true, rowShape: ["words"] } },
      tiers: [
        {
          name: "f",
          members: [
            {
              run: (batch: MemberBatch) => {
                batches.push(batch);
                return Int32Array.from({ length: batch.count }, (_, i) => {
                  const { words: at = new Uint32Array(0) } = batch.offsets;
                  return (at[i + 1] ?? 0) - (at[i] ?? 0) > 2 ? 1 : 0;
                });
              },
              inputs: { words: { type: "int32", rowShape: ["words"] } },
            },
          ],
        },
      ],
    });
    const batch = await cascade.runBatch({
      words: { data: Int32Array.of(1, 2, 3, 4, 5, 6, 7), offsets: Uint32Array.of(0, 1, 4, 6, 7) },
    });
    expect([...batch.label]).toEqual([0, 1, 0, 0]);
    expect(batches).toHaveLength(1);
    expect(batches[0]?.tensors["words"]).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6, 7));
    expect(batches[0]?.offsets["words"]).toEqual(Uint32Array.of(0, 1, 4, 6, 7));
    const { stepsRun, stepsPadded } = cascade.counters().tiers[0]?.members[0] ?? {};
    expect([stepsRun, stepsPadded]).toEqual([7, 0]);
    await cascade.close();
  });
});

/** A function member that votes by length. */
function byLength({ count, offsets }: MemberBatch): Float32Array {
  const at = offsets["input_ids"] ?? new Uint32Array(count + 1);
  const votes = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) votes[3 * i + (((at[i + 1] ?? 0) - (at[i] ?? 0)) % 3)] = 1;
  return votes;
}

describe("files of rows of several lengths", () => {
  const frames = { name: "frames", type: "float32", rowShape: ["time", 2], tiers: [0] } as const;
  const tensor: RequestTensor = { ...frames, ragged: { padded: true, maxLength: null } };

  it("give each row as many numbers as it has", () => {
    expect(jsonRow('{ "frames": [[1, 2], [3, 4]], "label": 1 }', [tensor])).toEqual({
      tensors: { frames: Float32Array.of(1, 2, 3, 4) },
      label: 1,
    });
    expect(() => jsonRow('{ "frames": [1, 2, 3] }', [tensor])).toThrow(/frames/);
    expect(csvRow("1,2,3,4", tensor)).toEqual({ tensors: { frames: Float32Array.of(1, 2, 3, 4) }, label: undefined });
  });
});

describe("a model that heeds padding", () => {
  it("is warned of where rows are padded", async () => {
    const heeds = await Cascade.fromSpec({ ...exact, tensors: { input_ids: { ragged: true, pad: 0 } } });
    const { warnings, tiers } = await heeds.explain();
    expect(warnings.filter((warning) => warning.includes("padded to a longer row"))).toHaveLength(1);
    expect(tiers[0]?.members[0]?.padDifference).toBeGreaterThan(1e-5);
    await heeds.close();
    const masked = await Cascade.fromSpec(padded);
    const explained = await masked.explain();
    expect(explained.warnings.filter((warning) => warning.includes("padded"))).toEqual([]);
    expect(explained.tiers[0]?.members[0]?.padDifference).toBeLessThanOrEqual(1e-5);
    await masked.close();
  });
});

describe("rows of several lengths that are wrong", () => {
  const limited: CascadeSpec = {
    ...padded,
    tensors: {
      input_ids: { ragged: true, pad: 0, rowShape: ["tokens"], maxLength: 8 },
      attention_mask: { ragged: true, pad: 0, rowShape: ["tokens"] },
    },
  };
  const ones = (count: number): BigInt64Array => new BigInt64Array(count).fill(1n);
  const rows = (count: number, ...offsets: number[]): { data: BigInt64Array; offsets: Int32Array } => ({
    data: ones(count),
    offsets: Int32Array.from(offsets),
  });
  const both = (value: object): object => ({ input_ids: value, attention_mask: value });

  it.each([
    ["lengths that differ", { input_ids: rows(4, 0, 2, 4), attention_mask: rows(4, 0, 1, 4) }, /row 0 has 1 "tokens"/],
    ["a length of 0", both(rows(4, 0, 4, 4)), /row 1 has length 0/],
    ["offsets that fall", both(rows(4, 0, 5, 4)), /offsets fall at row 1/],
    ["offsets that do not begin with 0", both(rows(4, 1, 4)), /begin with 1/],
    ["offsets that end early", both(rows(4, 0, 2, 3)), /end with 3, expected 4/],
    ["offsets beyond the data", both(rows(4, 0, 2, 6)), /end with 6, expected 4/],
    ["a negative offset", both(rows(4, 0, -2, 4)), /longer than its maxLength 8/],
    ["a row that is too long", both(rows(12, 0, 3, 12)), /row 1 has length 9, longer than its maxLength 8/],
    ["no row", both(rows(0, 0)), /zero rows/],
    ["no offsets", both(ones(4)), /expected its rows as \{ data, offsets \}/],
    ["offsets of another type", both({ data: ones(2), offsets: [0, 2] }), /offsets must be an Int32Array/],
    ["data of another type", both({ data: new Int32Array(2), offsets: Int32Array.of(0, 2) }), /expected BigInt64Array/],
    ["a function", { ...both(rows(4, 0, 4)), input_ids: () => ones(4) }, /a function cannot give it/],
  ])("in a batch, such as %s, are refused with a sentence", async (_, input, message) => {
    const cascade = await Cascade.fromSpec(limited);
    const refused = await cascade.runBatch(input as never, { rows: undefined } as object).catch(error);
    expect(refused).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT", message: expect.stringMatching(message) });
    await cascade.close();
  });

  it.each([
    ["lengths that differ", { input_ids: ones(3), attention_mask: ones(2) }, /row 0 has 2 "tokens"/],
    ["no token", both(ones(0)), /length 0/],
    ["too many tokens", both(ones(9)), /longer than its maxLength 8/],
  ])("in a row, such as %s, are refused with a sentence", async (_, input, message) => {
    const cascade = await Cascade.fromSpec(limited);
    const refused = await cascade.run(input as never).catch(error);
    expect(refused).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT", message: expect.stringMatching(message) });
    await cascade.close();
  });

  it.each([
    ["a tensor that nobody reads", { words: { ragged: true } }, /no model reads/],
    ["a pad that the type has not", { input_ids: { ragged: true, pad: 0.5 } }, /no such value as its `pad`/],
    ["a name that is not first", { input_ids: { ragged: true, rowShape: ["a", "b"] } }, /only the first dimension/],
    ["other dimensions than the model's", { input_ids: { ragged: true, rowShape: ["a", 3] } }, /the models read/],
  ])("are told at build, such as %s", async (_, tensors, message) => {
    const spec = { ...exact, tensors } as CascadeSpec;
    await expect(Cascade.fromSpec(spec)).rejects.toThrow(message);
  });

  it("are told at build where a tensor has a fixed shape", async () => {
    const tiers = [{ name: "t", members: [model("lookup")], exitWhen: agreementAtLeast(1) }, ...exact.tiers];
    const spec: CascadeSpec = { tensors: { ids: { ragged: true }, ...exact.tensors }, tiers };
    await expect(Cascade.fromSpec(spec)).rejects.toThrow(/"ids" cannot be ragged.*whose first dimension is not open/);
    await expect(Cascade.fromSpec({ ...exact, shapes: { input_ids: [4] } })).rejects.toThrow(/in `shapes`/);
  });
});
