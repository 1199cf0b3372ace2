/** 1e5 rows through the addon, in any interleaving: the answers of one row at a time, to the right owner. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { agreementAtLeast, allOf, Cascade, counterProblems, QuorateError, scoreAtLeast } from "../../src/index.js";
import { digits } from "./paths.js";

const lines = readFileSync(digits("test.csv"), "utf8").trim().split("\n");
const rows = lines.map((line) => Float32Array.from(line.split(",").slice(0, 64).map(Number)));
const onnx = (...names: readonly string[]): string[] => names.map((name) => digits(`${name}.onnx`));
const thresholds = [0.8, 0.7];

/** A seeded generator, so that a failure can be run again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const build = (maxRows: number, maxDelayMs: number, maxRowsInFlight: number): Promise<Cascade> =>
  Cascade.builder()
    .options({ maxRowsInFlight })
    .tier("tiny", {
      members: onnx("tiny-a", "tiny-b", "tiny-c"),
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(thresholds[0] as number)),
      batch: { maxRows, maxDelayMs },
    })
    .tier("small", {
      members: onnx("small-a", "small-b", "small-c"),
      exitWhen: allOf(agreementAtLeast(1), scoreAtLeast(thresholds[1] as number)),
      batch: { maxRows },
    })
    .tier("last", { members: onnx("small-b") })
    .build();

it("gives every row the answer of one row at a time", { timeout: 120_000 }, async () => {
  const alone = await build(1, 0, 1);
  const expected: { label: number; tier: number; near: boolean }[] = [];
  for (const row of rows) {
    const answer = await alone.run({ image: row }, { trace: true });
    const near = (answer.trace ?? []).some((visit, t) => Math.abs((visit.score ?? 0) - (thresholds[t] ?? 2)) < 1e-4);
    expected.push({ label: answer.label, tier: answer.tierIndex, near });
  }
  await alone.close();

  let checked = 0;
  let cancelled = 0;
  let near = 0;
  const check = (index: number, label: number | undefined, tier: number | undefined): void => {
    const wanted = expected[index];
    if (wanted === undefined) throw new Error(`row ${index} is nobody's`);
    checked++;
    // Batch sizes may move a score by an ulp: rows at a threshold are counted, not compared.
    if (wanted.near) near++;
    else if (label !== wanted.label || tier !== wanted.tier) {
      throw new Error(`row ${index}: ${label} at tier ${tier}, expected ${wanted.label} at ${wanted.tier}`);
    }
  };

  for (const [seed, maxRows, delay, inFlight] of [
    [1, 64, 0, 65536],
    [2, 7, 1, 300],
  ] as const) {
    const cascade = await build(maxRows, delay, inFlight);
    const random = generator(seed);
    const pick = (): number => Math.floor(random() * rows.length);
    const caller = async (): Promise<void> => {
      for (let done = 0; done < 50_000 / 16; ) {
        const priority = Math.floor(random() * 10);
        if (random() < 0.5) {
          const index = pick();
          const controller = new AbortController();
          const answer = cascade.run({ image: rows[index] as Float32Array }, { priority, signal: controller.signal });
          if (random() < 0.05) controller.abort();
          done++;
          await answer.then(
            (got) => check(index, got.label, got.tierIndex),
            (error: unknown) => {
              if (!(error instanceof QuorateError)) throw error;
              expect(["QUORATE_ERR_ABORTED", "QUORATE_ERR_QUEUE_FULL"]).toContain(error.code);
              cancelled++;
            },
          );
        } else {
          const picked = Array.from({ length: 1 + Math.floor(random() * 200) }, pick);
          const image = new Float32Array(picked.length * 64);
          picked.forEach((index, i) => {
            image.set(rows[index] as Float32Array, i * 64);
          });
          const deadline = random() < 0.1 ? { deadlineMs: 1 + random() } : {};
          const got = await cascade.runBatch({ image }, { priority, copy: random() < 0.5, ...deadline });
          picked.forEach((index, i) => {
            if (got.status[i] === 0) check(index, got.labels[i], got.tiers[i]);
            else {
              expect(got.status[i]).toBe(4);
              cancelled++;
            }
          });
          done += picked.length;
        }
        expect(counterProblems(cascade.counters())).toEqual([]);
      }
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    const counters = cascade.counters();
    expect(counters.pending).toBe(0);
    await cascade.close();
  }
  console.log(`${checked} rows compared, ${near} of them near a threshold, ${cancelled} cancelled, expired or refused`);
  expect(checked + cancelled).toBeGreaterThanOrEqual(100_000);
  expect(near).toBeLessThan(checked / 50);
});
