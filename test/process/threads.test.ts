/** The size of the pool in a process of its own: QUORATE_THREADS, setThreads(), and what is refused. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runChild } from "./child.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const clean = { code: 0, signal: null, stderr: "" };

/** Waits until the process has `count` threads that stand behind JavaScript's: those of the pool. */
const settle = `
import { getPriority } from "node:os";
import { getThreads, setThreads } from "${root}dist/index.js";
const nice = String(Math.min(19, getPriority() + 5));
const poolThreads = () => readdirSync("/proc/self/task").filter((id) => {
  try { return readFileSync("/proc/self/task/" + id + "/stat", "utf8").split(") ")[1].split(" ")[16] === nice; } catch { return false; }
}).length;
const settle = async (count, when) => {
  for (let i = 0; i < 1000 && poolThreads() !== count; i++) await new Promise((r) => setTimeout(r, 10));
  check(poolThreads() === count, poolThreads() + " threads of the pool " + when + ", expected " + count);
  check(getThreads() === count, "getThreads() is " + getThreads() + " " + when);
};
`;

it("the pool has as many threads as QUORATE_THREADS says, and setThreads() changes that under load", async () => {
  const ended = await runChild(
    `${settle}
     const c = await digits().build();
     const expected = (await c.runBatch({ image })).labels;
     await settle(3, "with QUORATE_THREADS=3");
     let wrong = 0;
     const load = async () => {
       const singles = Array.from(expected, (_, i) => c.run({ image: row(i) }));
       const batch = (await c.runBatch({ image })).labels;
       for (const [i, answer] of (await Promise.all(singles)).entries()) wrong += (answer.label !== expected[i]) + (batch[i] !== expected[i]);
     };
     for (const count of [1, 4, 2]) {
       const running = load();
       setThreads(count);
       await running;
       await settle(count, "after setThreads(" + count + ")");
     }
     check(wrong === 0, wrong + " wrong answers");
     await c.close();`,
    [],
    { QUORATE_THREADS: "3" },
  );
  expect(ended).toMatchObject(clean);
});

it("a variable that is no number fails the build, and setThreads() goes before it", async () => {
  const ended = await runChild(
    `${settle}
     const problem = await digits().build().then(() => "built", (e) => e.code + " " + e.message);
     check(problem === 'QUORATE_ERR_INVALID_ARGUMENT QUORATE_THREADS is "many", expected a whole number from 1 to 1024.', problem);
     setThreads(2);
     const c = await digits().build();
     await c.runBatch({ image });
     await settle(2, "after setThreads(2)");
     await c.close();`,
    [],
    { QUORATE_THREADS: "many" },
  );
  expect(ended).toMatchObject(clean);
});
