/** Models of strings are refused with a way out; so are sequences of maps, which converters write by default. */
import { expect, it } from "vitest";
import { model, refusal } from "./open.js";

const problemOf = (name: string): Promise<string> =>
  refusal({ classes: ["x", "y", "z"], tiers: [{ name: "t", members: [model(name)] }] });

it("says of an input of strings what to do", async () => {
  expect(await problemOf("strings-in")).toMatch(/input 's' is a tensor of strings.*encode them as numbers/);
});

it("says of labels that are strings what to do", async () => {
  expect(await problemOf("strings-out")).toMatch(/output 'label' is a tensor of strings.*name them with `classes`/);
});
