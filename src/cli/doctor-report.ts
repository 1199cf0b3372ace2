/** What `quorate doctor` found, and how it says it. */
import type { CudaReport, MachineReport } from "../index.js";

/** Plain data, in the order in which things are needed; null: an earlier problem prevented the check, or unknown. */
export interface DoctorReport extends Omit<MachineReport, "problem"> {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  /** QUORATE_ONNXRUNTIME_PATH. */
  readonly runtimeVariable: string | null;
  /** Without a problem only if a bundled model answered on device 0. */
  readonly cuda: CudaReport | null;
  /** The problem is null when a bundled model answered. */
  readonly cpu: { readonly problem: string | null };
}

const nothing = "not checked";

/** The report for people; the last lines are the verdict and, if there is one, the command. */
export function doctorLines(report: DoctorReport): string[] {
  return [
    ...columns([
      ["quorate", report.version],
      ["Node.js", `${report.node}, ${report.platform}`],
      ["addon", addonText(report)],
      ["threads", report.threads ?? "none"],
      ["ONNX Runtime", report.runtime === null ? "none" : `${report.runtime.version}, ${report.runtime.path}`],
      ["CPU", report.cpu.problem === null ? "works: a bundled model answered a row" : "does not work"],
      ...cudaRows(report.cuda),
    ]),
    "",
    ...verdict(report),
  ];
}

/** The command that fixes the first problem; undefined when there is no problem, or no command for it. */
export function remedyOf(report: DoctorReport): string | undefined {
  // The addon's own message has the command.
  if (report.addon === null) return undefined;
  if (report.runtime === null) {
    return report.runtimeVariable === null ? "npm install onnxruntime-node" : "unset QUORATE_ONNXRUNTIME_PATH";
  }
  return report.cpu.problem === null ? (report.cuda?.remedy ?? undefined) : undefined;
}

function addonText({ addon, kernels }: DoctorReport): string {
  return addon === null ? "none" : `${addon}, CUDA kernels: ${kernels}`;
}

function cudaRows(cuda: CudaReport | null): [string, string][] {
  if (cuda === null) return [["CUDA", nothing]];
  const { driverPath, driverVersion, devices, providerPath, providerVersion, libraries } = cuda;
  return [
    ["CUDA driver", driverPath === null ? "none" : `${cudaVersion(driverVersion)}, ${driverPath}`],
    ...labelled("CUDA devices", devices.map(deviceText)),
    ["CUDA provider", providerPath === null ? "none" : `${providerVersion ?? "version unknown"}, ${providerPath}`],
    ...labelled(
      "CUDA libraries",
      libraries.map(({ name, path }) => (path === null ? `${name} is missing` : path)),
      nothing,
    ),
  ];
}

function deviceText(device: CudaReport["devices"][number], index: number): string {
  const gigabytes = (device.memoryBytes / 2 ** 30).toFixed(1);
  return `cuda:${index} ${device.name}, ${gigabytes} GiB, compute capability ${device.computeCapability}`;
}

/** 13020 as "CUDA 13.2". */
function cudaVersion(version: number | null): string {
  return version === null
    ? "version unknown"
    : `CUDA ${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** A label before the first of several values. */
function labelled(label: string, values: readonly string[], none = "none"): [string, string][] {
  if (values.length === 0) return [[label, none]];
  return values.map((value, index) => [index === 0 ? label : "", value]);
}

function columns(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

function verdict(report: DoctorReport): string[] {
  const remedy = remedyOf(report);
  const command = remedy === undefined ? [] : [`To fix it: ${remedy}`];
  if (report.cpu.problem !== null) return [`Models do not run: ${report.cpu.problem}`, ...command];
  const cuda = report.cuda?.problem ?? null;
  if (cuda === null) return ["Models run on the CPU and on CUDA."];
  return ["Models run on the CPU.", `First problem with CUDA: ${cuda}`, ...command];
}
