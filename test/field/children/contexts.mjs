/** In which asynchronous context user code runs, when quorate is loaded and every cascade is built in somebody's. */
import assert from "node:assert/strict";
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { once } from "node:events";
import { onnx, runCase } from "../../process/children/program.mjs";

const tenant = new AsyncLocalStorage();
const { Cascade, never, votesAtLeast } = await tenant.run("loader", () => import("quorate"));

const row = (first = 0) => new Float32Array(64).fill(first);
/** Where user code was run, in order. @type {unknown[]} */
let seen = [];
const look = () => void seen.push(tenant.getStore());

/** @type {import("quorate").MemberFunction} */
const member = async ({ count }) => {
  look();
  await null;
  look();
  return new Int32Array(count);
};

/**
 * A cascade that somebody built, whose last tier is a function.
 * @param {import("quorate").Member} run
 * @param {Partial<import("quorate").TierOptions>} [options]
 */
const cascadeOf = (run, options) =>
  tenant.run("builder", () =>
    Cascade.builder()
      .tier("model", { members: [onnx("tiny-a")], exitWhen: never() })
      .tier("function", { members: [run], ...options })
      .build(),
  );

/** @template T @param {Promise<T>} call @param {unknown[]} expected */
async function sees(call, expected) {
  seen = [];
  await call;
  assert.deepEqual(seen, expected);
}

async function callsOfTheirOwn() {
  const cascade = await cascadeOf(member);
  for (const name of ["alice", "bob"]) {
    await sees(
      tenant.run(name, () => cascade.run({ image: row() })),
      [name, name],
    );
    await sees(
      tenant.run(name, () => cascade.runBatch(new Float32Array(5 * 64))),
      [name, name],
    );
  }
  await sees(cascade.run({ image: row() }), [undefined, undefined]);
  await cascade.close();
}

async function sharedBatches() {
  const cascade = await cascadeOf(member);
  const run = (/** @type {string} */ name) => tenant.run(name, () => cascade.run(row()));
  await sees(Promise.all(["alice", "bob", "alice"].map(run)), [undefined, undefined]);
  await sees(Promise.all(["alice", "alice"].map(run)), [undefined, undefined]);
  await cascade.close();
}

/** The first member abstains on one of two rows: only the other goes on to the second. */
async function restOfASharedBatch() {
  /** @type {import("quorate").MemberFunction} */
  const first = ({ tensors, count }) => {
    look();
    return Int32Array.from({ length: count }, (_, i) => (tensors["image"]?.[64 * i] === 1 ? -1 : 3));
  };
  const cascade = await tenant.run("builder", () =>
    Cascade.builder()
      .tier("functions", {
        members: [first, member],
        execution: "sequential",
        exitWhen: votesAtLeast(2),
        onFailure: "defer",
      })
      .tier("model", { members: [onnx("tiny-a")] })
      .build(),
  );
  const calls = [1, 0].map((value) => tenant.run(`row ${value}`, () => cascade.run(row(value))));
  await sees(Promise.all(calls), [undefined, "row 0", "row 0"]);
  await cascade.close();
}

async function lazyTensors() {
  const cascade = await tenant.run("builder", () =>
    Cascade.fromSpec({ tiers: [{ name: "t", members: [onnx("tiny-a")] }] }),
  );
  const give = async (/** @type {number} */ rows) => {
    look();
    return new Float32Array(64 * rows);
  };
  const alice = tenant.run("alice", () => cascade.run({ image: () => give(1) }));
  await sees(alice, ["alice"]);
  const bob = tenant.run("bob", () => cascade.runBatch({ image: (rows) => give(rows.length) }, { rows: 3 }));
  await sees(bob, ["bob"]);
  await cascade.close();
}

async function abortListeners() {
  /** @type {import("quorate").MemberFunction} */
  const waits = async (_, { signal }) => {
    signal.addEventListener("abort", look);
    await once(signal, "abort");
    throw new Error("nobody waits");
  };
  const cascade = await cascadeOf({ run: waits, timeoutMs: 20 });
  await sees(
    tenant.run("alice", () => cascade.run(row())).catch(() => {}),
    ["alice"],
  );
  const both = ["alice", "bob"].map((name) => tenant.run(name, () => cascade.run(row())).catch(() => {}));
  await sees(Promise.all(both), [undefined]);
  await cascade.close();
}

/** Opened by one, and read by another. */
async function streams() {
  const cascade = await cascadeOf(member);
  const lazy = () => {
    look();
    return row();
  };
  async function* source() {
    try {
      look();
      yield { image: row() };
      look();
      yield { image: lazy };
      look();
      yield { image: new Float32Array(3) };
      yield { image: row() };
    } finally {
      look();
    }
  }
  const onRowError = () => look();
  const answers = tenant.run("alice", () => cascade.stream(source(), { onRowError, inFlight: 1 }));
  seen = [];
  await tenant.run("bob", async () => {
    let count = 0;
    for await (const _ of answers) {
      assert.equal(tenant.getStore(), "bob");
      if (++count === 3) break;
    }
  });
  assert.deepEqual(new Set(seen), new Set(["alice"]));
  assert.equal(seen.length, 3 + 1 + 1 + 1 + 2 * 3);
  await cascade.close();
}

async function plainCascades() {
  const cascade = await Cascade.fromSpec({ tiers: [{ name: "t", members: [onnx("tiny-a")] }] });
  let kept = 0;
  const init = (/** @type {number} */ _, /** @type {string} */ type) => {
    if (type === "QUORATE") kept++;
  };
  const hook = createHook({ init }).enable();
  await cascade.run(row());
  await cascade.runBatch(row());
  assert.equal(kept, 0);
  await cascade.run({ image: row });
  assert.equal(kept, 1);
  hook.disable();
  await cascade.close();
}

await runCase({
  plainCascades,
  callsOfTheirOwn,
  sharedBatches,
  restOfASharedBatch,
  lazyTensors,
  abortListeners,
  streams,
});
