/** The size of the pool in a process of its own: QUORATE_THREADS, setThreads(), and what is refused. */
import { getPriority } from "node:os";
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

it.runIf(process.platform === "linux").each([12, 17])(
  "under `nice -n %i` no thread is less nice than the process, and the pool at most 19",
  async (nicer) => {
    const expected = String(Math.min(19, getPriority() + nicer));
    const nice = runChild("process/children/threads", ["nice", expected], { nicer, env: { QUORATE_THREADS: "3" } });
    expect(await nice).toMatchObject(clean);
  },
);
