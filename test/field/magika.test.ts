/**
 * The model of Python's package `magika`, which tells types of files, on 40 files. It has 3.2 MB and is not kept here:
 * QUORATE_MAGIKA_PYTHON, else `python3`, has the package; without it there is nothing to compare.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Cascade } from "../../src/index.js";

interface Magika {
  readonly model: string;
  readonly files: readonly string[];
  /** [file][2048] bytes, 256 where there are none. */
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}

const script = fileURLToPath(new URL("magika_answers.py", import.meta.url));
const folder = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env["QUORATE_MAGIKA_PYTHON"] ?? "python3";
const { status, stdout, stderr } = spawnSync(python, [script, folder], { encoding: "utf8", maxBuffer: 2 ** 26 });
const reason = stderr?.trim().split("\n").at(-1) ?? `${python} is not there`;
if (status !== 0) console.log(`magika is not compared: ${reason} (QUORATE_MAGIKA_PYTHON)`);

it.skipIf(status !== 0)("magika's model answers 40 files as in Python", async () => {
  const python = JSON.parse(stdout) as Magika;
  expect(python.files).toHaveLength(40);
  const cascade = await Cascade.fromSpec({
    tiers: [{ name: "t", members: [{ model: python.model, output: "probabilities" }] }],
  });
  const [input] = cascade.inputs;
  const batch = await cascade.runBatch({ [input?.name ?? ""]: Int32Array.from(python.rows.flat()) });
  await cascade.close();
  expect([...batch.label]).toEqual(python.labels);
  for (const [i, score] of python.scores.entries()) expect(batch.score[i]).toBeCloseTo(score, 4);
});
