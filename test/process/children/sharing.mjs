/** Several cascades and worker threads in one process. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { agreementAtLeast, Cascade } from "quorate";
import { digits, image, row, rowCount, tiny } from "./digits.mjs";
import { check, collect, poolThreads, runCase, until } from "./program.mjs";

const cores = availableParallelism();

/** @param {string} when */
async function checkOnePool(when) {
  // A new thread takes its place behind others a moment after it has started.
  await until(() => poolThreads() === cores);
  check(poolThreads() === cores, `${poolThreads()} threads of the pool ${when}, cores: ${cores}`);
}

/** @param {import("./sharing-worker.mjs").Work} workerData */
const start = (workerData) => new Worker(new URL("sharing-worker.mjs", import.meta.url), { workerData });

/**
 * @param {Worker} worker
 * @returns {Promise<number>}
 */
const said = (worker) =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });

/**
 * @param {Worker} worker
 * @returns {Promise<number>} the exit code
 */
const gone = (worker) =>
  new Promise((resolve) => {
    worker.once("exit", resolve);
  });

async function workersBesideMain() {
  const cascade = await digits();
  const expected = (await cascade.runBatch({ image })).label;
  await checkOnePool("with one cascade");
  const workers = [true, false, true, false].map((close) => start({ image, expected, close }));
  const ends = workers.map(gone);
  const second = await digits();
  const counts = Promise.all(workers.map(said));
  const batches = Promise.all([second.runBatch({ image }), cascade.runBatch({ image })]);
  for (const right of await counts) check(right === 6 * expected.length, `${right} right answers`);
  await checkOnePool("with four workers");
  for (const { label } of await batches) {
    check(
      label.every((one, i) => one === expected[i]),
      "main thread",
    );
  }
  check(
    (await Promise.all(ends)).every((code) => code === 0),
    "a worker did not end by itself",
  );
  check((await cascade.run(row(7))).label === expected[7], "after the workers' end");
  await Promise.all([cascade.close(), second.close()]);
}

async function workersAlone() {
  const expected = new Int32Array(rowCount);
  for (let i = 0; i < 3; i++) {
    const worker = start({ image, expected, close: i % 2 === 0 });
    const [, code] = await Promise.all([said(worker), gone(worker)]);
    check(code === 0, `exit code ${code}`);
  }
}

async function timer() {
  const cascade = await Cascade.builder()
    .tier("tiny", { members: tiny, exitWhen: agreementAtLeast(1) })
    .tier("slow", { members: [{ run: async ({ count }) => new Int32Array(count), timeoutMs: 10_000 }] })
    .build();
  check((await cascade.runBatch({ image })).tierIndex.includes(1), "no row has reached the function");
  await checkOnePool("and no other thread");
  await cascade.close();
}

/** @param {string} [model] path of a model with 51 MB of weights */
async function oneModel(model = "") {
  const large = () =>
    Cascade.builder()
      .options({ warmup: false })
      .tier("large", { members: [model] })
      .build();
  const rss = () => {
    collect();
    return process.memoryUsage.rss();
  };
  const small = await digits();
  const start = rss();
  const cascades = [await large()];
  const first = rss() - start;
  for (let i = 0; i < 8; i++) cascades.push(await large());
  const others = rss() - start - first;
  check(first > 40 << 20, `the first took only ${first >> 20} MiB`);
  // Each of them read the file, and the allocator may hold on to some of what that took.
  check(others < 3 * first, `eight more took ${others >> 20} MiB, the first ${first >> 20}`);
  const [a, b] = await Promise.all(cascades.slice(0, 2).map((cascade) => cascade.run(row(0))));
  check(a?.label === b?.label, "another label");
  await Promise.all([small, ...cascades].map((cascade) => cascade.close()));
}

await runCase({
  "workers-beside-main": workersBesideMain,
  "workers-alone": workersAlone,
  timer,
  "one-model": oneModel,
});
