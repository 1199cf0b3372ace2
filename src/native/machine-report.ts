/** What this machine offers to models, as far as it can be found without a cascade. */
import { messageOf } from "../errors.js";
import { type GivenPaths, searchPaths } from "../runtime/cuda.js";
import type { NativeAddon, NativeDeviceReport } from "./contract.js";
import { loadAddon } from "./load.js";
import { decidedThreads, threadsText } from "./threads.js";

/** What was found of CUDA, and the first thing that is missing. */
export type CudaReport = NativeDeviceReport["cuda"];

/** Plain data, in the order in which things are needed. */
export interface MachineReport {
  readonly addon: {
    /** Why it could not be loaded; empty when it was. */
    readonly problem: string;
    readonly version?: string;
    /** Devices for the CUDA kernels, or why there are none. */
    readonly kernels?: string;
    /** How many threads compute and why so many, or why that cannot be said. */
    readonly threads?: string;
  };
  /** Why ONNX Runtime was not opened; empty when it was. */
  readonly problem: string;
  readonly runtime: NativeDeviceReport["runtime"] | null;
  readonly cuda: CudaReport | null;
}

/**
 * Opens the addon, ONNX Runtime and, where nothing is missing, its CUDA provider; what fails is in the report. Takes
 * the JS thread for as long as that lasts: for command lines and the start of a server.
 */
export function machineReport(paths: GivenPaths = {}): MachineReport {
  const addon = attempt(loadAddon);
  if (typeof addon === "string") return { addon: { problem: addon }, problem: addon, runtime: null, cuda: null };
  const own = ownReport(addon);
  const found = attempt(() => addon.inspectDevices(searchPaths(paths)));
  if (typeof found === "string") return { addon: own, problem: found, runtime: null, cuda: null };
  return { addon: own, problem: "", ...found };
}

function ownReport(addon: NativeAddon): MachineReport["addon"] {
  const { devices, reason } = addon.cuda();
  const threads = attempt(() => decidedThreads(addon));
  return {
    problem: "",
    version: addon.version,
    kernels: reason || `${devices} devices`,
    threads: typeof threads === "string" ? threads : threadsText(threads),
  };
}

/** What `call` gives, or the sentence of what it throws. */
function attempt<T extends object>(call: () => T): T | string {
  try {
    return call();
  } catch (thrown) {
    return messageOf(thrown);
  }
}
