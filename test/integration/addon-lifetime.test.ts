/** The addon and the end of its environment: in processes of their own, without the TypeScript layer. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { searchPaths } from "../../src/runtime/cuda.js";

const addonPath =
  process.env["QUORATE_NATIVE_PATH"] ?? fileURLToPath(new URL("../../build/Release/quorate.node", import.meta.url));
const onnx = fileURLToPath(new URL("../../examples/digits/large.onnx", import.meta.url));

const preamble = `
const { Worker, isMainThread } = require("node:worker_threads");
const addon = require(${JSON.stringify(addonPath)});
const member = (more) => ({ name: "m", inputs: [], functionInputs: [], outputName: "", output: "auto", temperature: 1, timeoutMs: 30000,
  classMap: new Int32Array(0), ...more });
const file = member({ path: ${JSON.stringify(onnx)},
  cuda: { graphs: false, tf32: false, sharedStream: false, memoryLimitBytes: 0, convSearch: "heuristic" } });
const callback = member({ isFunction: true, output: "label", functionInputs: [{ name: "image", type: "float32", rowShape: [64] }] });
const spec = (...members) => ({
  ...${JSON.stringify(searchPaths({}))}, classes: 10, measures: 7, shapes: [], maxRowsInFlight: 65536,
  maxBytesInFlight: 2 ** 28, deviceQueueBytes: 2 ** 26, spinNs: 0, warmup: false,
  tiers: [{ name: "t", members, rule: [], combine: "vote", evidence: "tier", execution: "concurrent", device: "auto", maxRows: 256,
    maxDelayNs: 0, maxQueueRows: 65536, maxInFlight: 0, onOverload: "auto", onFailure: "reject" }] });
const options = { priority: 0, deadlineMs: 0, degradeOnDeadline: false, trace: false, wait: true, copy: false };
const names = ["onBuilt", "onRows", "onBatch", "onMemberCall", "onMemberCancel", "onLazy", "onProfiled", "onClosed"];
const hooks = (more) => ({ ...Object.fromEntries(names.map((n) => [n, () => {}])), ...more });
const open = (member, more = {}) => new Promise((resolve, reject) => {
  const native = addon.createCascade(spec(member), hooks({ ...more, onBuilt: (error) => (error ? reject(error) : resolve(native)) }));
});
const row = new Float32Array(64);
`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly ms: number;
}

function child(body: string, flags: readonly string[] = []): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const source = `${preamble}\n(async () => {${body}\n})();`;
    const running = spawn(process.execPath, [...flags, "-e", source], { timeout: 50_000 });
    let output = "";
    for (const stream of [running.stdout, running.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    running.on("error", reject);
    running.on("close", (code, signal) => resolve({ code, signal, output, ms: performance.now() - started }));
  });
}

const clean = (output: string, code = 0): object => ({ code, signal: null, output });
const worker = (body: string): string =>
  `new Worker(${JSON.stringify(preamble)} + ${JSON.stringify(`(async () => {${body}\n})();`)}, { eval: true })`;

describe("a process", () => {
  it("ends by itself with an idle open cascade, and at once", async () => {
    const ended = await child(`globalThis.kept = await open(file); console.log("open");`);
    expect(ended).toMatchObject(clean("open\n"));
    expect(ended.ms).toBeLessThan(10_000);
  });

  it("waits for answers that are due, also of a cascade that nobody holds", async () => {
    const ended = await child(
      `const native = await open(callback, {
         onMemberCall: (id, t, m, count) => setTimeout(() => { native.completeMember(id, new Int32Array(count), ""); }, 200),
         onRows: (rows) => console.log(rows.count) });
       native.submitRows(1, 1, [row], options);`,
    );
    expect(ended).toMatchObject(clean("1\n"));
    const dropped = await child(
      `addon.createCascade(spec(file), hooks({ onBuilt: () => console.log("built") }));
       for (let i = 0; i < 5; i++) { gc(); await new Promise(setImmediate); }`,
      ["--expose-gc"],
    );
    expect(dropped).toMatchObject(clean("built\n"));
  });

  it("gets what a hook throws as an uncaught exception, and goes on", async () => {
    const ended = await child(
      `process.on("uncaughtException", (error) => console.log(error.message));
       const native = await open(file, { onRows: () => { throw new Error("mine"); }, onClosed: () => console.log("closed") });
       native.submitRows(1, 1, [row], options);
       setTimeout(() => native.close(100), 200);`,
    );
    expect(ended).toMatchObject(clean("mine\nclosed\n"));
  });

  it("ends with code 1 and the stack when nobody catches that", async () => {
    const ended = await child(
      `const native = await open(file, { onRows: () => { throw new Error("mine"); } });
       native.submitRows(1, 1, [row], options);`,
    );
    expect(ended.code).not.toBe(0);
    expect(ended.signal).toBeNull();
    expect(ended.output).toContain("Error: mine");
  });

  const ways: readonly (readonly [string, string])[] = [
    ["a model is loading", `addon.createCascade(spec(file), hooks()); process.exit(0);`],
    [
      "a batch runs",
      `const n = await open(file); n.submitBatch(1, 200000, [new Float32Array(64 * 200000)], options); setTimeout(() => process.exit(0), 20);`,
    ],
    [
      "a function is asked",
      `const n = await open(callback, { onMemberCall: () => process.exit(0) }); n.submitRows(1, 1, [row], options);`,
    ],
    ["it profiles", `const n = await open(file); n.profile(); process.exit(0);`],
    [
      "it closes",
      `const n = await open(callback); n.submitRows(1, 1, [row], options); n.close(5000); process.exit(0);`,
    ],
  ];
  for (const [name, body] of ways) {
    it(`may exit while ${name}`, async () => {
      const ended = await child(body);
      expect(ended).toMatchObject(clean(""));
      expect(ended.ms).toBeLessThan(10_000);
    });
  }

  it("may exit at any moment of a build", async () => {
    for (let ms = 0; ms < 24; ms += 2) {
      const ended = await child(`addon.createCascade(spec(file), hooks()); setTimeout(() => process.exit(7), ${ms});`);
      expect(ended).toMatchObject(clean("", 7));
    }
  });

  it("may begin a cascade in its last moment: it is not built", async () => {
    const ended = await child(
      `process.on("exit", () => { addon.createCascade(spec(file), hooks()); }); process.exit(0);`,
    );
    expect(ended).toMatchObject(clean(""));
  });

  it("frees a dropped cascade, if its hooks do not hold it", async () => {
    const ended = await child(
      `let collected = 0;
       const registry = new FinalizationRegistry(() => collected++);
       for (let i = 0; i < 10; i++) {
         let built;
         const promise = new Promise((resolve) => { built = resolve; });
         registry.register(addon.createCascade(spec(callback), hooks({ onBuilt: () => built() })), i);
         await promise;
       }
       // Closing runs on other threads, and takes the time it takes. The last one may still be on the stack.
       for (let i = 0; i < 2000 && collected < 9; i++) { gc(); await new Promise((r) => setTimeout(r, 10)); }
       console.log(collected >= 9);`,
      ["--expose-gc"],
    );
    expect(ended).toMatchObject(clean("true\n"));
  });
});

describe("a worker", () => {
  const bodies: readonly (readonly [string, string])[] = [
    [
      "with an idle cascade",
      `globalThis.kept = await open(file); require("node:worker_threads").parentPort.postMessage(1);`,
    ],
    [
      "in a batch",
      `const n = await open(file); n.submitBatch(1, 200000, [new Float32Array(64 * 200000)], options); require("node:worker_threads").parentPort.postMessage(1);`,
    ],
    [
      "in a function",
      `const n = await open(callback, { onMemberCall: () => { require("node:worker_threads").parentPort.postMessage(1); for (;;); } }); n.submitRows(1, 1, [row], options);`,
    ],
    [
      "flooded with answers",
      `let id = 0; const n = await open(file, { onRows: () => { for (let i = 0; i < 50; i++) n.submitRows(++id, 1, [row], options); } }); n.submitRows(++id, 1, [row], options); require("node:worker_threads").parentPort.postMessage(1);`,
    ],
    [
      "while it builds",
      `addon.createCascade(spec(file), hooks()); require("node:worker_threads").parentPort.postMessage(1);`,
    ],
  ];
  for (const [name, body] of bodies) {
    it(`may be terminated ${name}, again and again`, async () => {
      const ended = await child(
        `for (let i = 0; i < 6; i++) {
           const w = ${worker(body)};
           await new Promise((resolve, reject) => { w.once("message", resolve); w.once("error", reject); });
           await new Promise((resolve) => setTimeout(resolve, i * 3));
           await w.terminate();
         }
         const n = await open(file, { onRows: (rows) => { console.log(rows.count); n.close(0); } });
         n.submitRows(1, 1, [row], options);`,
      );
      expect(ended).toMatchObject(clean("1\n"));
    });
  }

  it("is the only user of the addon, and it comes back", async () => {
    const ended = await child(
      `const { Worker: W } = require("node:worker_threads");
       for (let i = 0; i < 4; i++) {
         const w = new W(${JSON.stringify(preamble)} + "(async () => { const n = await open(file, { onRows: () => n.close(0) }); n.submitRows(1, 1, [row], options); })();", { eval: true });
         console.log(await new Promise((resolve) => w.once("exit", resolve)));
       }`,
    );
    expect(ended).toMatchObject(clean("0\n0\n0\n0\n"));
  });
});
