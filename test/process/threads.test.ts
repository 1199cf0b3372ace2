/** The size of the pool in a process of its own: QUORATE_THREADS, setThreads(), and what is refused. */
import { expect, it } from "vitest";
import { clean, runChild } from "./child.js";

const run = (name: string, threads: string) =>
  runChild("process/children/threads", [name], { env: { QUORATE_THREADS: threads } });

it("the pool has as many threads as QUORATE_THREADS says, and setThreads() changes that under load", async () => {
  expect(await run("resized", "3")).toMatchObject(clean);
});

it("a variable that is no number fails the build, and setThreads() goes before it", async () => {
  expect(await run("refused", "many")).toMatchObject(clean);
});
