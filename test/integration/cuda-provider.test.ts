/**
 * The real CUDA provider on a machine without a GPU: each thing that is missing is named, through the whole stack.
 * `scripts/peers/cuda-provider` and `scripts/peers/cuda-libraries` bring what these tests need; they are skipped
 * where that was not done. A few lines of C stand in for the driver.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DoctorReport } from "../../src/cli/doctor-report.js";
import { cudaLibraryFolders } from "../../src/runtime/cuda.js";
import { digits } from "./paths.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "dist/cli/main.js");
const provider = ready(/^cuda-provider-/);
const packages = ready(/^cuda-libraries$/);
const olderRuntime = find(join(root, "build/runtimes"), /^\d/, /^node_modules$/, /^onnxruntime-node$/, /^bin$/)
  .flatMap((bin) => find(bin, /^napi-v/, /^linux$/, /^x64$/, /^libonnxruntime\.so/))
  .at(0);
let folder = ""; // Made when some test runs.
let driver = "";

/** Paths below `base` whose parts match, one pattern a part. */
function find(base: string, ...patterns: readonly RegExp[]): string[] {
  const [first, ...rest] = patterns;
  if (first === undefined) return [base];
  if (!existsSync(base)) return [];
  return readdirSync(base)
    .filter((name) => first.test(name))
    .flatMap((name) => find(join(base, name), ...rest));
}

/** What a script of scripts/peers has made, when it has. */
function ready(name: RegExp): string | undefined {
  return find(join(root, "build/peers"), name).find((made) => existsSync(join(made, ".ready")));
}

function prepare(): void {
  folder = mkdtempSync(join(tmpdir(), "quorate-cuda-"));
  driver = join(folder, "driver");
  mkdirSync(driver);
  const source = join(root, "test/native/ort/fake_cuda/driver.cc");
  const options = ["-shared", "-fPIC", "-DFAKE_INIT=0", "-DFAKE_VERSION=13020", "-DFAKE_DEVICES=1"];
  const soname = "-Wl,-soname,libcuda.so.1";
  execFileSync(process.env["CXX"] ?? "c++", [...options, soname, source, "-o", join(driver, "libcuda.so.1")]);
}

/** CUDA's libraries as links in one folder, without those that start with `missing`. */
function librariesWithout(missing: string): string {
  const links = mkdtempSync(join(folder, "libraries-"));
  const [sitePackages] = find(packages ?? "", /^lib$/, /^python3/, /^site-packages$/);
  for (const library of cudaLibraryFolders(sitePackages).flatMap((name) => find(name, /\.so/))) {
    if (!basename(library).startsWith(missing)) symlinkSync(library, join(links, basename(library)));
  }
  return links;
}

function quorate(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, LD_LIBRARY_PATH: driver, TMPDIR: folder };
  for (const name of ["QUORATE_ONNXRUNTIME_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"]) delete env[name];
  Object.assign(env, { QUORATE_CUDA_PROVIDER: provider }, environment);
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder, env });
}

/** What doctor found; the CPU works whatever is missing. */
function doctor(environment: Readonly<Record<string, string>>): NonNullable<DoctorReport["cuda"]> {
  const { status, stdout, stderr } = quorate(["doctor", "--json"], environment);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { cuda, runtime } = JSON.parse(stdout) as DoctorReport;
  expect(runtime?.path).not.toContain(folder);
  if (cuda === null) throw new Error("CUDA was not looked for");
  return cuda;
}

/** Every tier of the digits cascade on `device`, and where the file is. */
function cascadeOn(device: string): string {
  const path = join(folder, "cascade.json");
  writeFileSync(path, JSON.stringify({ tiers: [{ name: "only", members: [digits("tiny-a.onnx")], device }] }));
  return path;
}

beforeAll(prepare);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

if (provider === undefined || packages === undefined) {
  console.warn("skipped: run scripts/peers/cuda-provider and scripts/peers/cuda-libraries (1.3 GB) for these tests.");
}

describe.skipIf(provider === undefined)("the real provider, without CUDA's libraries", () => {
  it("is found, and what it needs is named with the command that installs it", () => {
    const cuda = doctor({ QUORATE_CUDA_LIBRARIES: folder });
    expect(cuda.providerPath).toBe(realpathSync(join(provider ?? "", "libonnxruntime_providers_cuda.so")));
    expect(cuda.devices).toEqual([{ name: "Fake 0", memoryBytes: 80 * 2 ** 30, computeCapability: "9.0" }]);
    expect(cuda.problem).toMatch(/libraries of CUDA are missing: .*libcublas\.so\.13.*libcudnn\.so\.9/);
    expect(cuda.remedy).toMatch(/^pip install nvidia-cublas nvidia-curand nvidia-cuda-runtime nvidia-cudnn-cu13/);
  });

  it.skipIf(existsSync("/proc/driver/nvidia"))("is no use without a driver", () => {
    const cuda = doctor({ LD_LIBRARY_PATH: "" });
    expect(cuda.problem).toMatch(/no NVIDIA driver is installed \(libcuda\.so\.1: /);
    expect(cuda.providerPath).not.toBeNull();
  });

  it.skipIf(olderRuntime === undefined)("is refused by an ONNX Runtime of another version", () => {
    const cuda = doctor({ QUORATE_ONNXRUNTIME_PATH: olderRuntime ?? "" });
    expect(cuda.problem).toMatch(/the CUDA provider .* is of version 1\.\d+\.\d+, but ONNX Runtime is of version 1\./);
  });
});

describe.skipIf(provider === undefined || packages === undefined)("the real provider and libraries", () => {
  it("is loaded with its libraries, and asks the driver", () => {
    const cuda = doctor({ QUORATE_CUDA_LIBRARIES: librariesWithout("none") });
    expect(cuda.libraries.filter(({ path }) => path === null)).toEqual([]);
    // CUDA's runtime talks to the driver and finds it wanting: everything before that has worked.
    expect(cuda.problem).toMatch(/the CUDA provider .* cannot be used: CUDA failure \d+: [^;]*$/);
  });

  it.each([
    ["libcublas.so", "libcublas.so.13", "nvidia-cublas"],
    ["libcudnn", "libcudnn.so.9", "nvidia-cudnn-cu13"],
  ])("names %s when it is missing", (missing, name, packageName) => {
    const cuda = doctor({ QUORATE_CUDA_LIBRARIES: librariesWithout(missing) });
    expect(cuda.problem).toBe(`libraries of CUDA are missing: ${name}`);
    expect(cuda.remedy).toContain(`pip install ${packageName}`);
  });

  it("leaves tiers with device auto on the CPU, with the reason", () => {
    const { status, stdout } = quorate(["inspect", cascadeOn("auto"), "--json"], {
      QUORATE_CUDA_LIBRARIES: librariesWithout("libcudnn"),
    });
    expect(status).toBe(0);
    const [member] = JSON.parse(stdout).tiers[0].members;
    expect(member.device).toBe("cpu");
    expect(member.deviceReason).toMatch(/^libraries of CUDA are missing: libcudnn\.so\.9 \(pip install nvidia-cudnn/);
  });

  it("refuses tiers with device cuda by name", () => {
    const environment = { QUORATE_CUDA_LIBRARIES: librariesWithout("none") };
    const { status, stderr } = quorate(["inspect", cascadeOn("cuda")], environment);
    expect(status).toBe(1);
    // Built without kernels it says so; with them, the driver is found wanting.
    expect(stderr).toMatch(/device 'cuda:0' is not available: CUDA device 0 cannot be used: /);
    expect(quorate(["inspect", cascadeOn("cuda:3")], environment).stderr).toMatch(/there is no CUDA device 3/);
  });

  it("leaves no link behind", () => {
    expect(find(folder, /^quorate-links-/)).toEqual([]);
  });
});
