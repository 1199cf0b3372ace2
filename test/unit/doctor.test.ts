import { describe, expect, it } from "vitest";
import { type DoctorReport, doctorLines, remedyOf } from "../../src/cli/doctor-report.js";

const cuda = {
  driverPath: "/lib/libcuda.so.1",
  driverVersion: 13_020,
  devices: [
    { name: "First", memoryBytes: 80 * 2 ** 30, computeCapability: "9.0" },
    { name: "Second", memoryBytes: 16 * 2 ** 30, computeCapability: "12.0" },
  ],
  providerPath: "/p/libonnxruntime_providers_cuda.so",
  providerVersion: "1.30.0",
  libraries: [
    { name: "libcudart.so.13", path: "/c/libcudart.so.13" },
    { name: "libcudnn.so.9", path: null },
  ],
  problem: "libraries of CUDA are missing: libcudnn.so.9",
  remedy: "pip install nvidia-cudnn-cu13",
};
const report: DoctorReport = {
  version: "0.1.0",
  node: "20.20.0",
  platform: "linux-x64",
  addon: "0.1.0",
  kernels: "built without CUDA kernels",
  threads: "2, because",
  runtimeVariable: null,
  runtime: { version: "1.30.0", path: "/r/libonnxruntime.so.1", telemetryOff: true },
  cuda,
  cpu: { problem: null },
};

describe("the doctor's report", () => {
  it("lists what was found, and ends with the command that fixes the first problem", () => {
    expect(doctorLines(report)).toEqual([
      "quorate         0.1.0",
      "Node.js         20.20.0, linux-x64",
      "addon           0.1.0, CUDA kernels: built without CUDA kernels",
      "threads         2, because",
      "ONNX Runtime    1.30.0, /r/libonnxruntime.so.1",
      "CPU             works: a bundled model answered a row",
      "CUDA driver     CUDA 13.2, /lib/libcuda.so.1",
      "CUDA devices    cuda:0 First, 80.0 GiB, compute capability 9.0",
      "                cuda:1 Second, 16.0 GiB, compute capability 12.0",
      "CUDA provider   1.30.0, /p/libonnxruntime_providers_cuda.so",
      "CUDA libraries  /c/libcudart.so.13",
      "                libcudnn.so.9 is missing",
      "",
      "Models run on the CPU.",
      "First problem with CUDA: libraries of CUDA are missing: libcudnn.so.9",
      "To fix it: pip install nvidia-cudnn-cu13",
    ]);
  });

  it("says so when nothing is missing, and when nothing is there", () => {
    expect(doctorLines({ ...report, cuda: { ...cuda, problem: null, remedy: null } }).at(-1)).toBe(
      "Models run on the CPU and on CUDA.",
    );
    const bare = { driverPath: null, driverVersion: null, devices: [], providerPath: null, providerVersion: null };
    const lines = doctorLines({ ...report, cuda: { ...bare, libraries: [], problem: "no driver", remedy: null } });
    expect(lines.slice(6, 10)).toEqual([
      "CUDA driver     none",
      "CUDA devices    none",
      "CUDA provider   none",
      "CUDA libraries  not checked",
    ]);
    expect(lines.at(-1)).toBe("First problem with CUDA: no driver");
  });

  it("gives the command for what comes first", () => {
    const broken = { addon: null, kernels: null, runtime: null, cuda: null, cpu: { problem: "no addon" } };
    expect(remedyOf({ ...report, ...broken })).toBeUndefined();
    const without = { ...report, runtime: null, cuda: null, cpu: { problem: "no runtime" } };
    expect(remedyOf(without)).toBe("npm install onnxruntime-node");
    expect(remedyOf({ ...without, runtimeVariable: "/x.so" })).toBe("unset QUORATE_ONNXRUNTIME_PATH");
    expect(remedyOf({ ...report, cpu: { problem: "a model failed" } })).toBeUndefined();
    expect(doctorLines(without).slice(-2)).toEqual([
      "Models do not run: no runtime",
      "To fix it: npm install onnxruntime-node",
    ]);
  });
});
