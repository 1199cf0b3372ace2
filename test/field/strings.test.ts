/** Models of strings are refused with a way out; so are sequences of maps, which converters write by default. */
import { expect, it } from "vitest";
import { Cascade } from "../../src/index.js";
import { model } from "./open.js";

async function refusal(name: string): Promise<string> {
  const spec = { classes: ["x", "y", "z"], tiers: [{ name: "t", members: [model(name)] }] };
  return await Cascade.fromSpec(spec).then(
    () => "built",
    (error: Error) => error.message,
  );
}

it("says of an input of strings what to do", async () => {
  expect(await refusal("strings-in")).toMatch(/input 's' is a tensor of strings.*encode them as numbers/);
});

it("says of labels that are strings what to do", async () => {
  expect(await refusal("strings-out")).toMatch(/output 'label' is a tensor of strings.*name them with `classes`/);
});
