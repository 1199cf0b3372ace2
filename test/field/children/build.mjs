/** Builds a small cascade, and prints how that ends: "built", or the error's code and message. */
import { Cascade } from "quorate";
import { onnx, runCase } from "../../process/children/program.mjs";

async function build() {
  try {
    const cascade = await Cascade.fromSpec({ tiers: [{ name: "t", members: [onnx("tiny-a")] }] });
    await cascade.close();
    console.log("built");
  } catch (/** @type {any} */ error) {
    console.log(error.code, error.message);
  }
}

await runCase({ build });
