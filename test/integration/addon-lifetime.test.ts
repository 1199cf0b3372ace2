/** The addon and the end of its environment: in processes of their own, without the TypeScript layer. */
import { describe, expect, it } from "vitest";
import { searchPaths } from "../../src/runtime/cuda.js";
import { clean, type Ended, runChild, withGc } from "../process/child.js";

const run = (args: readonly string[], flags?: readonly string[]): Promise<Ended> =>
  runChild("integration/children/addon-lifetime", args, {
    flags: flags ?? [],
    env: { SEARCH_PATHS: JSON.stringify(searchPaths({})) },
  });
const gc = withGc.flags;
const says = (stdout: string, code = 0): object => ({ ...clean, stdout, code });

describe("a process", () => {
  it("ends by itself with an idle open cascade, and at once", async () => {
    const ended = await run(["left-open"]);
    expect(ended).toMatchObject(says("open\n"));
    expect(ended.ms).toBeLessThan(10_000);
  });

  it("waits for answers that are due, also of a cascade that nobody holds", async () => {
    expect(await run(["answer-due"])).toMatchObject(says("1\n"));
    expect(await run(["dropped-while-building"], gc)).toMatchObject(says("built\n"));
  });

  it("gets what a hook throws as an uncaught exception, and goes on", async () => {
    expect(await run(["throwing-hook"])).toMatchObject(says("mine\nclosed\n"));
  });

  it("ends with code 1 and the stack when nobody catches that", async () => {
    const ended = await run(["throwing-hook-uncaught"]);
    expect(ended.code).not.toBe(0);
    expect(ended.signal).toBeNull();
    expect(ended.stderr).toContain("Error: mine");
  });

  it.each([
    ["a model is loading", "exit-while-loading"],
    ["a batch runs", "exit-in-batch"],
    ["a function is asked", "exit-in-function"],
    ["it profiles", "exit-while-profiling"],
    ["it closes", "exit-while-closing"],
  ])("may exit while %s", async (_, name) => {
    const ended = await run([name]);
    expect(ended).toMatchObject(says(""));
    expect(ended.ms).toBeLessThan(10_000);
  });

  it("may exit at any moment of a build", async () => {
    for (let ms = 0; ms < 24; ms += 2) {
      expect(await run(["exit-after", `${ms}`])).toMatchObject(says("", 7));
    }
  });

  it("may begin a cascade in its last moment: it is not built", async () => {
    expect(await run(["begin-at-exit"])).toMatchObject(says(""));
  });

  it("frees a dropped cascade, if its hooks do not hold it", async () => {
    expect(await run(["dropped-cascades"], gc)).toMatchObject(says("true\n"));
  });
});

describe("a worker", () => {
  it.each([
    ["with an idle cascade", "worker-idle"],
    ["in a batch", "worker-in-batch"],
    ["in a function", "worker-in-function"],
    ["flooded with answers", "worker-flooded"],
    ["while it builds", "worker-building"],
  ])("may be terminated %s, again and again", async (_, name) => {
    expect(await run(["terminate-workers", name])).toMatchObject(says("1\n"));
  });

  it("is the only user of the addon, and it comes back", async () => {
    expect(await run(["workers-alone"])).toMatchObject(says("0\n0\n0\n0\n"));
  });
});
