/** What this machine offers to models, as far as it can be found without a cascade. */
import { messageOf } from "../errors.js";
import { loadAddon } from "../native/load.js";
import { decidedThreads, threadsText } from "../native/threads.js";
import { searchPaths } from "../runtime/cuda.js";
import type { CascadeOptions } from "../spec/options.js";
import { checkOptions } from "../spec/schema.js";
import type { MachineReport } from "./info.js";
import { liftDevices } from "./lift.js";

/**
 * Opens the addon, ONNX Runtime and, where nothing is missing, its CUDA provider; what fails is in the report. Takes
 * the JS thread for as long as that lasts: for command lines and the start of a server.
 */
export function machineReport(
  paths: Pick<CascadeOptions, "onnxruntimePath" | "cudaProviderPath" | "cudaLibraryPath"> = {},
): MachineReport {
  checkOptions("machineReport", paths);
  const report: MachineReport = { addon: null, kernels: null, threads: null, runtime: null, cuda: null, problem: null };
  const addon = attempt(loadAddon);
  if (typeof addon === "string") return { ...report, problem: addon };
  const { devices, reason } = addon.cuda();
  const decided = attempt(() => decidedThreads(addon));
  const threads = typeof decided === "string" ? decided : threadsText(decided);
  const own = { ...report, addon: addon.version, kernels: reason || `${devices} devices`, threads };
  const found = attempt(() => addon.inspectDevices(searchPaths(paths)));
  return typeof found === "string" ? { ...own, problem: found } : { ...own, ...liftDevices(found) };
}

/** What `call` gives, or the sentence of what it throws. */
function attempt<T extends object>(call: () => T): T | string {
  try {
    return call();
  } catch (thrown) {
    return messageOf(thrown);
  }
}
