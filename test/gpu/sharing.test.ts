/** Two cascades on the same files. */
import { perceptrons } from "./cases.js";
import { deviceTest } from "./device-test.js";
import { measuredBy, memoryMiB } from "./memory.js";
import { on, open } from "./placement.js";
import { Reference } from "./reference.js";

deviceTest(
  "two cascades with the same models answer side by side, and the second when the first is closed",
  async (note) => {
    const reference = await Reference.of(perceptrons);
    const spec = on(perceptrons.spec);
    const empty = memoryMiB();
    const first = await open(spec);
    const one = memoryMiB();
    const second = await open(spec);
    const two = memoryMiB();
    const both = await Promise.all([first, second, first, second].map((cascade) => cascade.runBatch(perceptrons.rows)));
    for (const answer of both) reference.differing(answer);
    const running = second.runBatch(perceptrons.rows);
    await first.close();
    reference.differing(await running);
    reference.differing(await second.runBatch(perceptrons.rows));
    await second.close();
    note(
      `the first took ${(one - empty).toFixed(1)} MiB, the second ${(two - one).toFixed(1)} more; measured by: ${measuredBy}`,
    );
  },
);
