/** Rows of float16 as Float16Array, where JavaScript has it. */
import assert from "node:assert/strict";
import { Cascade } from "quorate";
import { fixture, runCase } from "../../process/children/program.mjs";

async function half() {
  const Half = /** @type {any} */ (globalThis).Float16Array;
  if (Half === undefined) return console.log("no Float16Array");
  const cascade = await Cascade.fromSpec({ tiers: [{ name: "t", members: [fixture("type-float16")] }] });
  const [tensor] = cascade.inputs;
  const row = Half.from([0.5, -2, 3, 1, 0, 0, 0, 0].slice(0, Number(tensor?.rowShape[0])));
  const bits = new Uint16Array(row.buffer);
  const { label } = await cascade.run(bits);
  assert.equal((await cascade.run(row)).label, label);
  assert.equal((await cascade.runBatch(row)).label[0], label);
  assert.equal((await cascade.run({ [tensor?.name ?? ""]: () => row })).label, label);
  await cascade.close();
  console.log("same");
}

await runCase({ half });
