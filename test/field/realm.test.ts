/** In test runners that load modules into a realm of their own, the arrays that quorate gives are of that realm. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const program = `
import { expect, test } from "vitest";
import { Cascade } from "${root}src/index.ts";

test("arrays are of this realm", async () => {
  const seen = [];
  const model = "${root}examples/digits/tiny-a.onnx";
  const look = (array) => void seen.push(array instanceof Float32Array || array instanceof Uint32Array);
  const cascade = await Cascade.fromSpec({
    tiers: [
      { name: "a", members: [model], exitWhen: { kind: "never" } },
      {
        name: "b",
        members: [async ({ count, tensors, rows }) => (look(tensors.image), look(rows), new Int32Array(count))],
      },
    ],
  });
  // Small columns are copied into JavaScript's memory, large ones lie outside of it.
  for (const count of [2, 40000]) {
    const image = (rows) => (look(rows), new Float32Array(64 * rows.length));
    const batch = await cascade.runBatch({ image }, { rows: count });
    const { label, tierIndex, votes, status, agreement, score, confidence, agreed, valid } = batch;
    expect(label).toBeInstanceOf(Int32Array);
    for (const column of [agreement, score, confidence]) expect(column).toBeInstanceOf(Float32Array);
    for (const column of [tierIndex, votes, status, agreed, valid]) expect(column).toBeInstanceOf(Uint8Array);
    expect([...label.subarray(0, 2)]).toEqual([0, 0]);
  }
  expect(new Set(seen)).toEqual(new Set([true]));
  await cascade.close();
});
`;

it("Vitest's vmThreads", async () => {
  const build = join(root, "build");
  mkdirSync(build, { recursive: true });
  const folder = mkdtempSync(join(build, "realm-"));
  try {
    writeFileSync(join(folder, "vitest.config.mjs"), "export default {};");
    writeFileSync(join(folder, "realm.test.mjs"), program);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--root", folder, "--pool", "vmThreads", "--no-color"];
    const { VITEST: _, VITEST_WORKER_ID: __, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: 50_000 });
    expect(stdout).toMatch(/1 passed/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
