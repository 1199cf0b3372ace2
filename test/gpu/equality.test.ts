/** Every cascade gives the CPU engine's answers. */
import { ok } from "node:assert/strict";
import { cases } from "./cases.js";
import { deviceTest } from "./device-test.js";
import { on, open, placesOf } from "./placement.js";
import { closeness, Reference } from "./reference.js";

for (const each of cases) {
  deviceTest(`${each.name}: every row gets the CPU's answer, but near a tie or threshold`, async (note) => {
    const reference = await Reference.of(each);
    ok(reference.smallestExitShare > 0.05, "a tier answers hardly any row");
    ok(reference.closeRows < each.count / 5, `${reference.closeRows} of ${each.count} rows are close`);
    const cascade = await open(on(each.spec));
    for (const line of await placesOf(cascade)) note(line);
    const differing = reference.differing(await cascade.runBatch(each.rows));
    const rowSize = each.rows.length / each.count;
    const singles = Math.min(each.count, 200);
    // One by one they meet in batches of any size.
    const alone = await Promise.all(
      Array.from({ length: singles }, (_, i) => cascade.run(each.rows.subarray(i * rowSize, (i + 1) * rowSize))),
    );
    const others = alone.filter(({ label, tierIndex }, i) => !reference.isSame(i, label, tierIndex)).length;
    await cascade.close();
    note(
      `${each.count} rows: ${reference.closeRows} within ${closeness} of a tie or threshold, ` +
        `${differing} of these differ; of ${singles} single rows ${others}`,
    );
  });
}
