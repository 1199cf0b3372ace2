/** `quorate doctor`: what was found on this machine, and the command that fixes the first problem. */
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.js";
import { Cascade, machineReport } from "../index.js";
import { version } from "../version.js";
import { type DoctorReport, doctorLines } from "./doctor-report.js";
import { print } from "./io.js";

/** Options of the command line. */
export interface DoctorOptions {
  readonly json?: boolean;
}

/** Exit code 0 when models run on the CPU. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const report = await examine();
  print(options.json ?? false, report, () => doctorLines(report));
  if (report.cpu.problem !== null) process.exitCode = 1;
}

async function examine(): Promise<DoctorReport> {
  const machine = {
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    runtimeVariable: process.env["QUORATE_ONNXRUNTIME_PATH"] || null,
  };
  const { problem, ...found } = machineReport();
  if (found.cuda === null) return { ...machine, ...found, cpu: { problem } };
  const cpu = { problem: await tryModel("cpu") };
  const works = found.cuda.problem === null && cpu.problem === null;
  const cuda = works ? { ...found.cuda, problem: await tryModel("cuda") } : found.cuda;
  return { ...machine, ...found, cuda, cpu };
}

/** Runs a bundled model on one row; what went wrong, or null. */
async function tryModel(device: "cpu" | "cuda"): Promise<string | null> {
  const model = fileURLToPath(new URL("../../examples/digits/tiny-a.onnx", import.meta.url));
  try {
    const cascade = await Cascade.fromSpec({ tiers: [{ name: "doctor", members: [model], device }] });
    try {
      await cascade.run({ image: new Float32Array(64) });
    } finally {
      await cascade.close();
    }
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
