/** Rows straight from the package's own example, in a user's folder; prints how a batch and a row were answered. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { agreementAtLeast, Cascade } from "quorate";

const digits = join(dirname(fileURLToPath(import.meta.resolve("quorate/package.json"))), "examples", "digits");
const lines = readFileSync(join(digits, "test.csv"), "utf8").trim().split("\n").slice(0, 3);
const table = lines.map((line) => line.split(",").map(Number));
const images = Float32Array.from(table.flatMap((row) => row.slice(0, 64)));
const model = (/** @type {string} */ name) => join(digits, name);
try {
  const cascade = await Cascade.builder()
    .tier("edge", { members: ["tiny-a.onnx", "tiny-b.onnx", "tiny-c.onnx"].map(model), exitWhen: agreementAtLeast(1) })
    .tier("cloud", { members: [model("large.onnx")] })
    .build();
  const batch = await cascade.runBatch({ image: images });
  const one = await cascade.run({ image: images.slice(0, 64) });
  console.log(JSON.stringify({ rows: batch.label.length, one, expected: table[0]?.[64] }));
  await cascade.close();
} catch (error) {
  const { code, message } = /** @type {import("quorate").QuorateError} */ (error);
  console.error(code, message);
  process.exitCode = 1;
}
