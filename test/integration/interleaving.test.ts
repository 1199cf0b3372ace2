/** Rows through the addon in any interleaving: the answers of one row at a time, to the right owner. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  type Answer,
  agreementAtLeast,
  allOf,
  Cascade,
  type CascadeOptions,
  type FunctionMember,
  type Member,
  scoreAtLeast,
} from "../../src/index.js";
import { type Expected, interleave, rowCount, summary, type Tally } from "./interleaving.js";
import { digits } from "./paths.js";

const timeout = Math.max(120_000, rowCount);
const thresholds = [0.8, 0.7];

/** Three tiers of the given members, with all that changes how rows meet. */
function build(
  members: readonly (readonly Member[])[],
  [maxRows, maxDelayMs]: readonly [number, number],
  options: CascadeOptions,
): Promise<Cascade> {
  const [tiny = [], small = [], last = []] = members;
  return Cascade.builder()
    .options(options)
    .tier("tiny", {
      members: tiny,
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(thresholds[0] ?? 1)),
      batch: { maxRows, maxDelayMs },
    })
    .tier("small", {
      members: small,
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(thresholds[1] ?? 1)),
      batch: { maxRows },
    })
    .tier("last", { members: last })
    .build();
}

const shapes: readonly (readonly [number, number, number])[] = [
  [64, 0, 65_536],
  [7, 1, 300],
];

/** Every row's answer through a cascade that never batches. */
async function oneAtATime(alone: Cascade, rows: readonly Float32Array[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const row of rows) answers.push(await alone.run({ x: row }, { trace: true }));
  await alone.close();
  return answers;
}

async function through(
  make: (shape: readonly [number, number], options: CascadeOptions) => Promise<Cascade>,
  rows: readonly Float32Array[],
  check: (i: number, got: Expected, expected: Answer) => void,
): Promise<Tally> {
  const expected = await oneAtATime(await make([1, 0], { maxRowsInFlight: 1 }), rows);
  expect(new Set(expected.map(({ tierIndex }) => tierIndex)).size).toBe(3);
  const all: Tally = { answered: 0, aborted: 0, expired: 0, refused: 0 };
  for (const [seed, [maxRows, maxDelayMs, maxRowsInFlight]] of shapes.entries()) {
    const cascade = await make([maxRows, maxDelayMs], { maxRowsInFlight });
    const tally = await interleave({
      cascade,
      rows,
      total: rowCount / shapes.length,
      seed: seed + 1,
      check: (i, got) => check(i, got, expected[i] as Answer),
    });
    await cascade.close();
    for (const key of ["answered", "aborted", "expired", "refused"] as const) all[key] += tally[key];
  }
  expect(all.answered + all.aborted + all.expired + all.refused).toBeGreaterThanOrEqual(rowCount);
  // Few calls are aborted or have a deadline, so most rows are answered, and none is refused but by a bound.
  expect(all.answered).toBeGreaterThan(rowCount / 2);
  expect(all.refused).toBeLessThan(rowCount / 10);
  return all;
}

/** A number that looks random and depends on all of its parts. */
function hash(...parts: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const part of parts) {
    state = Math.imul(state ^ part, 0x85ebca6b);
    state ^= state >>> 13;
  }
  return state >>> 0;
}

/** Coarse scores that depend on the row alone, so that votes tie and thresholds are met exactly. */
function hashMember(seed: number): FunctionMember {
  const classes = 4;
  return {
    name: `hash-${seed}`,
    output: "logits",
    inputs: { x: { type: "float32", rowShape: [1] } },
    run: ({ tensors, count }) => {
      const scores = new Float32Array(count * classes);
      for (const [i, row] of (tensors["x"] as Float32Array).entries()) {
        const opinion = hash(row, hash(row, seed) % 3);
        for (let c = 0; c < classes; c++) scores[i * classes + c] = hash(opinion, c) % 8;
      }
      return scores;
    },
  };
}

it("gives every row bit for bit the answer of one row at a time, where members do", { timeout }, async () => {
  const members = [[1, 2, 3].map(hashMember), [4, 5, 6].map(hashMember), [hashMember(7)]];
  const rows = Array.from({ length: 512 }, (_, i) => Float32Array.of(i));
  const same: readonly (keyof Expected)[] = ["label", "tierIndex", "votes", "score", "confidence", "margin"];
  const tally = await through(
    (shape, options) => build(members, shape, { ...options, classes: 4 }),
    rows,
    (i, got, expected) => {
      const other = same.find((key) => !Object.is(got[key], expected[key]));
      if (other !== undefined) throw new Error(`row ${i}: ${other} is ${got[other]}, alone it is ${expected[other]}`);
    },
  );
  console.log(`functions: ${summary(tally)}`);
});

it("gives every row the label and tier of one row at a time with models, but near a threshold", {
  timeout,
}, async () => {
  const lines = readFileSync(digits("test.csv"), "utf8").trim().split("\n");
  const rows = lines.map((line) => Float32Array.from(line.split(",").slice(0, 64).map(Number)));
  const onnx = (...names: readonly string[]): Member[] =>
    names.map((name) => ({ model: digits(`${name}.onnx`), inputs: { image: "x" } }));
  const members = [onnx("tiny-a", "tiny-b", "tiny-c"), onnx("small-a", "small-b", "small-c"), onnx("small-b")];
  let near = 0;
  const tally = await through(
    (shape, options) => build(members, shape, options),
    rows,
    (i, got, { label, tierIndex, trace = [] }) => {
      // Batch sizes may move a score by an ulp: rows at a threshold are counted, not compared.
      if (trace?.some((visit, t) => Math.abs((visit.score ?? 0) - (thresholds[t] ?? 2)) < 1e-4)) near++;
      else if (got.label !== label || got.tierIndex !== tierIndex)
        throw new Error(`row ${i}: ${got.label} at tier ${got.tierIndex}, alone ${label} at ${tierIndex}`);
    },
  );
  console.log(`models: ${summary(tally)}, ${near} of them within 1e-4 of a threshold`);
  expect(near).toBeLessThan(tally.answered / 50);
});
