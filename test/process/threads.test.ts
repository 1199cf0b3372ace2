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

/** Why the test of a process of this niceness cannot run; null: it can. */
function whyNot(niceness: number): string | null {
  if (process.platform !== "linux") return "threads have a niceness of their own on Linux only";
  return getPriority() <= niceness ? null : `this process has niceness ${getPriority()}, and may not become less nice`;
}

it.for([12, 17])(
  "in a process of niceness %i no thread is less nice than it, and the pool at most 19",
  async (niceness, { skip }) => {
    const reason = whyNot(niceness);
    if (reason !== null) {
      console.warn(`skipped: no test of a process of niceness ${niceness}: ${reason}.`);
      skip(reason);
    }
    const env = { QUORATE_THREADS: "3" };
    const nicer = niceness - getPriority();
    expect(await runChild("process/children/threads", ["nice", String(niceness)], { nicer, env })).toMatchObject(clean);
  },
);
