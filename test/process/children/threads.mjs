/** The size of the pool: QUORATE_THREADS and setThreads(). */
import { getPriority } from "node:os";
import { getThreads, setThreads } from "quorate";
import { digits, image, row, rowCount } from "./digits.mjs";
import { check, nicenesses, poolThreads, runCase, until } from "./program.mjs";

/**
 * Waits until the pool has that many threads.
 * @param {number} count
 * @param {string} when
 */
async function checkPool(count, when) {
  await until(() => poolThreads() === count);
  check(poolThreads() === count, `${poolThreads()} threads of the pool ${when}, expected ${count}`);
  check(getThreads() === count, `getThreads() is ${getThreads()} ${when}`);
}

await runCase({
  async resized() {
    const cascade = await digits();
    const expected = (await cascade.runBatch({ image })).label;
    await checkPool(3, "with QUORATE_THREADS=3");
    let wrong = 0;
    const load = async () => {
      const singles = Array.from({ length: rowCount }, (_, i) => cascade.run({ image: row(i) }));
      const batch = (await cascade.runBatch({ image })).label;
      for (const [i, answer] of (await Promise.all(singles)).entries()) {
        if (answer.label !== expected[i]) wrong++;
        if (batch[i] !== expected[i]) wrong++;
      }
    };
    for (const count of [1, 4, 2]) {
      const running = load();
      setThreads(count);
      await running;
      await checkPool(count, `after setThreads(${count})`);
    }
    check(wrong === 0, `${wrong} wrong answers`);
    await cascade.close();
  },

  async nice(expected) {
    const own = getPriority();
    check(String(own) === expected, `the process has niceness ${own}, expected ${expected}`);
    const cascade = await digits();
    await cascade.runBatch({ image });
    await checkPool(3, "in a nice process"); // Counts threads that are 5 nicer, at most 19.
    const least = Math.min(...nicenesses());
    check(least >= own, `a thread has niceness ${least}`);
    await cascade.close();
  },

  async refused() {
    const problem = await digits().then(
      () => "built",
      (/** @type {{ code: string, message: string }} */ error) => `${error.code} ${error.message}`,
    );
    check(
      problem === 'QUORATE_ERR_INVALID_ARGUMENT QUORATE_THREADS is "many", expected a whole number from 1 to 1024.',
      problem,
    );
    setThreads(2);
    const cascade = await digits();
    await cascade.runBatch({ image });
    await checkPool(2, "after setThreads(2)");
    await cascade.close();
  },
});
