/** Models whose rows change each other's answers are named, whatever made-up rows show. */
import { expect, it } from "vitest";
import { Cascade } from "../../src/index.js";
import { model } from "./open.js";

async function warningsOf(name: string, options: object, batch = {}): Promise<string> {
  const tiers = [{ name: "t", members: [model(name)], batch }];
  await using cascade = await Cascade.fromSpec({ ...options, tiers });
  return (await cascade.explain()).warnings.join("\n");
}

it.each([{}, { warmup: false }])("a scale of the whole batch is warned of, with %j", async (options) => {
  expect(await warningsOf("quantised-by-batch", options)).toMatch(
    /member 0 .*DynamicQuantizeLinear.*all rows of a batch/,
  );
});

it("is no concern where rows run alone", async () => {
  expect(await warningsOf("quantised-by-batch", {}, { maxRows: 1 })).not.toContain("DynamicQuantizeLinear");
});

it("is not said of models that keep rows apart", async () => {
  expect(await warningsOf("lookup", {})).not.toContain("all rows of a batch");
});
