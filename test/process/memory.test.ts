/** Memory over many rows. */
import { expect, it } from "vitest";
import { type ChildOptions, clean, type Ended, runChild, withGc } from "./child.js";

const run = (name: string, options?: ChildOptions): Promise<Ended> =>
  runChild("process/children/memory", [name], options);

it("stays flat over 1e6 rows", async () => {
  expect(await run("many-rows", withGc)).toMatchObject(clean);
});

it("takes 1e6 single rows offered at once within the admission bound, and refuses the others", async () => {
  expect(await run("single-rows")).toMatchObject(clean);
});

it("keeps no second copy of 1e6 rows offered in one batch", async () => {
  expect(await run("one-batch")).toMatchObject(clean);
});

it("copies as many batches as maxBytesInFlight allows, and refuses the others", async () => {
  expect(await run("copies")).toMatchObject(clean);
});

it("gives the memory of a burst of single rows back, open and closed", async () => {
  expect(await run("burst", withGc)).toMatchObject(clean);
});
