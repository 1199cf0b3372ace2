/** User code runs in the asynchronous context of the call that it serves, and never in that of whoever built. */
import { describe, expect, it } from "vitest";
import { clean, runChild } from "../process/child.js";
import { nodeVersions, notThere } from "./node-versions.js";

const cases = {
  callsOfTheirOwn: "a function member whose rows are of one call has that call's context",
  sharedBatches: "a function member that serves several calls at once has none",
  restOfASharedBatch: "where all but one call's rows of a shared batch have left, the rest has that call's",
  lazyTensors: "a tensor given as a function has its call's",
  abortListeners: "listeners of a member's signal have that of the calls it was given",
  plainCascades: "calls without user code keep no context",
  streams: "a stream reads its source, and reports errors, in the context in which it was opened",
};

describe.each(nodeVersions)("on $name", ({ path, there }) => {
  it.for(Object.entries(cases))("%s: %s", async ([name], { skip }) => {
    skip(!there, notThere);
    expect(await runChild("field/children/contexts", [name], { node: path })).toMatchObject(clean);
  });
});
