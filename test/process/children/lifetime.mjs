/** Exits, worker threads, collection, and what a process leaves behind. */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Cascade, votesAtLeast } from "quorate";
import { digits, image, row, slow, slowRow } from "./digits.mjs";
import { check, codeOf, collect, onnx, runCase, threadCount, until } from "./program.mjs";

async function leftOpen() {
  const cascade = await digits();
  await cascade.run(row(0));
}

async function closed() {
  const cascade = await digits();
  const answer = await cascade.run(row(0));
  await cascade.close();
  console.log(answer.label);
}

async function pendingCall() {
  const cascade = await Cascade.builder()
    .tier("slow", {
      members: [
        async ({ count }) => {
          await sleep(300);
          return new Int32Array(count);
        },
      ],
      exitWhen: votesAtLeast(1),
    })
    .tier("model", { members: [onnx("tiny-a")] })
    .build();
  cascade.run(row(0)).then(() => console.log("settled"));
}

async function exitDuringRun() {
  const cascade = await slow();
  cascade.run(slowRow()).catch(() => {});
  await sleep(500);
  console.log("leaving");
  process.exit(0);
}

async function closeDuringRun() {
  const cascade = await slow();
  const pending = codeOf(cascade.run(slowRow()));
  await sleep(300);
  await cascade.close({ drainMs: 0 });
  console.log(await pending);
}

async function threadsOfOurs() {
  const before = threadCount();
  const cascade = await digits();
  await cascade.runBatch({ image });
  const cores = availableParallelism();
  const extra = threadCount() - before;
  // The pool, the timer, and the thread that built the cascade while it ends.
  check(extra <= cores + 2, `threads: ${extra} more, cores: ${cores}`);
  await cascade.close();
}

/** The smallest RSS of 250 builds and closes: allocators give memory back when it suits them. */
async function rssOfManyCycles() {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i <= 250; i++) {
    const cascade = await digits();
    await cascade.run(row(1));
    await cascade.close();
    if (i % 25 !== 0) continue;
    collect();
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}

async function manyBuilds() {
  // Threads that take turns spread over the allocator's arenas until all of them are in use: that growth
  // ends, at the latest after 3,000 cycles. A leak does not: it shows in every window.
  let last = await rssOfManyCycles();
  /** @type {number[]} KiB per cycle */
  const growth = [];
  do {
    const now = await rssOfManyCycles();
    growth.push((now - last) / 1024 / 250);
    last = now;
  } while (growth.length < 3 || (growth.length < 11 && growth.every((kib) => kib >= 20)));
  check(
    growth.some((kib) => kib < 20),
    `RSS grows by so many KiB per cycle: ${growth.map((kib) => kib.toFixed(1))}`,
  );
}

async function droppedCascades() {
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  for (let i = 0; i < 20; i++) {
    const cascade = await digits();
    registry.register(cascade, i);
    await cascade.run(row(i));
  }
  await until(() => {
    collect();
    return collected >= 15;
  });
  check(collected >= 15, `${collected} of 20 were collected`);
}

async function terminatedWorkers() {
  const cascade = await digits();
  const expected = (await cascade.run(row(5))).label;
  for (let i = 0; i < 4; i++) {
    const worker = new Worker(new URL("large-batch-worker.mjs", import.meta.url));
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await sleep(30);
    await worker.terminate();
    check((await cascade.run(row(5))).label === expected, "another label after the worker's end");
  }
  await cascade.close();
}

/** @param {string} [when] "before" or "after" quorate */
async function besideOnnxruntimeNode(when) {
  const load = async () => {
    const ort = await import("onnxruntime-node");
    return { ort, session: await ort.InferenceSession.create(onnx("tiny-a")) };
  };
  const first = when === "before" ? await load() : undefined;
  const cascade = await digits();
  const { label } = await cascade.run(row(3));
  const { ort, session } = first ?? (await load());
  const out = await session.run({ image: new ort.Tensor("float32", row(3), [1, 64]) });
  check(out["logits"]?.data.length === 10, "onnxruntime-node gave no logits");
  check((await cascade.run(row(3))).label === label, "another label");
  await cascade.close();
}

await runCase({
  "left-open": leftOpen,
  closed,
  "pending-call": pendingCall,
  "exit-during-run": exitDuringRun,
  "close-during-run": closeDuringRun,
  "threads-of-ours": threadsOfOurs,
  "many-builds": manyBuilds,
  "dropped-cascades": droppedCascades,
  "terminated-workers": terminatedWorkers,
  "beside-onnxruntime-node": besideOnnxruntimeNode,
});
