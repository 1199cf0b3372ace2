/** The addon and the end of its environment, without the TypeScript layer. A worker runs cases of this file too. */
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parentPort, Worker } from "node:worker_threads";
import { collect, onnx, runCase, until } from "../../process/children/program.mjs";

/** @import * as Native from "../../../src/native/contract.js" */
/** @import * as Lowered from "../../../src/native/lowered.js" */

const addonPath =
  process.env["QUORATE_NATIVE_PATH"] ?? fileURLToPath(new URL("../../../build/Release/quorate.node", import.meta.url));
/** @type {Native.NativeAddon} */
const addon = createRequire(import.meta.url)(addonPath);

/** Where ONNX Runtime is, as JSON. */
const searchPaths = JSON.parse(process.env["SEARCH_PATHS"] ?? "");

const common = {
  name: "m",
  inputs: [],
  outputName: "",
  temperature: 1,
  timeoutMs: 30_000,
  splitOnFailure: false,
  classMap: new Int32Array(0),
  labels: new BigInt64Array(0),
  constants: [],
};
/** @type {Lowered.NativeMember} */
const file = {
  ...common,
  path: onnx("large"),
  functionInputs: [],
  output: "auto",
  cuda: { graphs: false, tf32: false, memoryLimitBytes: 0, convSearch: "heuristic" },
};
/** @type {Lowered.NativeMember} */
const callback = {
  ...common,
  isFunction: true,
  functionInputs: [{ name: "image", type: "float32", rowShape: [64] }],
  output: "label",
};

/**
 * @param {Lowered.NativeMember[]} members
 * @returns {Lowered.NativeSpec}
 */
const spec = (...members) => ({
  ...searchPaths,
  classes: 10,
  measures: 7,
  shapes: [],
  ragged: [],
  constants: [],
  maxRowsInFlight: 65_536,
  maxBytesInFlight: 2 ** 28,
  deviceQueueBytes: 2 ** 26,
  spinNs: 0,
  warmup: false,
  tiers: [
    {
      name: "t",
      members,
      rule: [],
      combine: "vote",
      evidence: "tier",
      execution: "concurrent",
      device: "auto",
      maxRows: 256,
      maxDelayNs: 0,
      maxQueueRows: 65_536,
      maxInFlight: 0,
      onOverload: null,
      onFailure: "reject",
    },
  ],
});

/** @type {Native.NativeCallOptions} */
const options = { priority: 0, deadlineMs: 0, degradeOnDeadline: false, detail: "answers", wait: true, copy: false };

const ignore = () => {};
/**
 * @param {Partial<Native.NativeHooks>} [more]
 * @returns {Native.NativeHooks}
 */
const hooks = (more = {}) => ({
  onBuilt: ignore,
  onRows: ignore,
  onBatch: ignore,
  onMemberCall: ignore,
  onMemberCancel: ignore,
  onLazy: ignore,
  onProfiled: ignore,
  onHashed: ignore,
  onInvalid: ignore,
  onClosed: ignore,
  ...more,
});

/**
 * @param {Lowered.NativeMember} member
 * @param {Partial<Native.NativeHooks>} [more]
 * @returns {Promise<Native.NativeCascade>}
 */
const open = (member, more) =>
  new Promise((resolve, reject) => {
    const onBuilt = (/** @type {unknown} */ error) => (error ? reject(error) : resolve(native));
    const native = addon.createCascade(spec(member), hooks({ ...more, onBuilt }));
  });

const begin = () => addon.createCascade(spec(file), hooks());

/** @param {Native.NativeCascade} native */
const submitRow = (native, id = 1) => native.submitRows(id, 1, [new Float32Array(64)], options);
/** @param {Native.NativeCascade} native */
const submitLargeBatch = (native) => native.submitBatch(1, 200_000, [new Float32Array(64 * 200_000)], options);

const throwMine = () => {
  throw new Error("mine");
};

/**
 * What a case leaves open.
 * @type {unknown[]}
 */
const kept = [];

// --- A process ---

async function leftOpen() {
  kept.push(await open(file));
  console.log("open");
}

async function answerDue() {
  const native = await open(callback, {
    onMemberCall: (id, _tier, _member, count) => {
      setTimeout(() => native.completeMember(id, new Int32Array(count), "", 0), 200);
    },
    onRows: (rows) => console.log(rows.count),
  });
  submitRow(native);
}

async function droppedWhileBuilding() {
  addon.createCascade(spec(file), hooks({ onBuilt: () => console.log("built") }));
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise(setImmediate);
  }
}

async function throwingHook() {
  process.on("uncaughtException", (error) => console.log(error.message));
  const native = await open(file, { onRows: throwMine, onClosed: () => console.log("closed") });
  submitRow(native);
  setTimeout(() => native.close(100), 200);
}

async function throwingHookUncaught() {
  submitRow(await open(file, { onRows: throwMine }));
}

function exitWhileLoading() {
  begin();
  process.exit(0);
}

async function exitInBatch() {
  submitLargeBatch(await open(file));
  setTimeout(() => process.exit(0), 20);
}

async function exitInFunction() {
  submitRow(await open(callback, { onMemberCall: () => process.exit(0) }));
}

async function exitWhileProfiling() {
  const native = await open(file);
  native.profile();
  process.exit(0);
}

async function exitWhileClosing() {
  const native = await open(callback);
  submitRow(native);
  native.close(5000);
  process.exit(0);
}

/** @param {string} [ms] */
function exitAfter(ms) {
  begin();
  setTimeout(() => process.exit(7), Number(ms));
}

function beginAtExit() {
  process.on("exit", begin);
  process.exit(0);
}

async function droppedCascades() {
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => {
      registry.register(addon.createCascade(spec(callback), hooks({ onBuilt: resolve })), i);
    });
  }
  // Closing runs on other threads, and takes the time it takes. The last one may still be on the stack.
  await until(() => {
    collect();
    return collected >= 9;
  });
  console.log(collected >= 9);
}

// --- A worker: posts when it is there, and is then terminated ---

const ready = () => parentPort?.postMessage(1);

async function workerIdle() {
  kept.push(await open(file));
  ready();
}

async function workerInBatch() {
  submitLargeBatch(await open(file));
  ready();
}

async function workerInFunction() {
  const onMemberCall = () => {
    ready();
    for (;;);
  };
  submitRow(await open(callback, { onMemberCall }));
}

async function workerFlooded() {
  let id = 0;
  const native = await open(file, {
    onRows: () => {
      for (let i = 0; i < 50; i++) submitRow(native, ++id);
    },
  });
  submitRow(native, ++id);
  ready();
}

function workerBuilding() {
  begin();
  ready();
}

async function workerAnswered() {
  const native = await open(file, { onRows: () => native.close(0) });
  submitRow(native);
}

/** @param {string} name of a case */
const startWorker = (name) => new Worker(new URL(import.meta.url), { argv: [name] });

/** @param {string} [name] of the worker's case */
async function terminateWorkers(name = "") {
  for (let i = 0; i < 6; i++) {
    const worker = startWorker(name);
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await sleep(i * 3);
    await worker.terminate();
  }
  const native = await open(file, {
    onRows: (rows) => {
      console.log(rows.count);
      native.close(0);
    },
  });
  submitRow(native);
}

async function workersAlone() {
  for (let i = 0; i < 4; i++) {
    const worker = startWorker("worker-answered");
    console.log(await new Promise((resolve) => worker.once("exit", resolve)));
  }
}

await runCase({
  "left-open": leftOpen,
  "answer-due": answerDue,
  "dropped-while-building": droppedWhileBuilding,
  "throwing-hook": throwingHook,
  "throwing-hook-uncaught": throwingHookUncaught,
  "exit-while-loading": exitWhileLoading,
  "exit-in-batch": exitInBatch,
  "exit-in-function": exitInFunction,
  "exit-while-profiling": exitWhileProfiling,
  "exit-while-closing": exitWhileClosing,
  "exit-after": exitAfter,
  "begin-at-exit": beginAtExit,
  "dropped-cascades": droppedCascades,
  "worker-idle": workerIdle,
  "worker-in-batch": workerInBatch,
  "worker-in-function": workerInFunction,
  "worker-flooded": workerFlooded,
  "worker-building": workerBuilding,
  "worker-answered": workerAnswered,
  "terminate-workers": terminateWorkers,
  "workers-alone": workersAlone,
});
