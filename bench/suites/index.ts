/**
 * The suites by name, in the order in which they run. Each is loaded when it is wanted: where some of them run, what
 * others need is not installed.
 */
import type { Suite } from "../lib/suite.js";

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  "single-row-callers": async () => (await import("./single-row-callers.js")).singleRowCallers,
  batch: async () => (await import("./batch.js")).batch,
  mlp: async () => (await import("./mlp.js")).mlp,
  models: async () => (await import("./models.js")).models,
  fashion: async () => (await import("./fashion.js")).fashion,
  latency: async () => (await import("./latency.js")).latency,
  "multi-stream": async () => (await import("./multi-stream.js")).multiStream,
  server: async () => (await import("./server.js")).server,
  "loop-delay": async () => (await import("./loop-delay.js")).loopDelay,
  scale: async () => (await import("./scale.js")).scale,
  "failing-rows": async () => (await import("./failing-rows.js")).failingRows,
  ragged: async () => (await import("./ragged.js")).ragged,
  cores: async () => (await import("./cores.js")).cores,
  memory: async () => (await import("./memory.js")).memory,
  loading: async () => (await import("./loading.js")).loading,
  counters: async () => (await import("./counters.js")).counters,
  reduction: async () => (await import("./reduction.js")).reduction,
  profile: async () => (await import("./profile.js")).profile,
  micro: async () => (await import("./micro.js")).micro,
  device: async () => (await import("./device.js")).deviceCascade,
  "device-time": async () => (await import("./device-time.js")).deviceTime,
  "device-loop-delay": async () => (await import("./device-loop-delay.js")).deviceLoopDelay,
};

export const suiteNames: readonly string[] = Object.keys(suites);

/** @throws when there is none of that name */
export async function loadSuite(name: string): Promise<Suite> {
  const load = suites[name];
  if (load === undefined) throw new Error(`there is no suite "${name}", only ${suiteNames.join(", ")}`);
  return load();
}
