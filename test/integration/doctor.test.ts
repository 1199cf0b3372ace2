/** `quorate doctor` as a program: what it says, and its exit code. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { fixture } from "./paths.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "quorate-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function doctor(
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [main, "doctor", ...args], { encoding: "utf8", cwd: folder, env });
}

describe("quorate doctor", () => {
  it("says what works and what is missing", () => {
    const { status, stdout, stderr } = doctor();
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ONNX Runtime +1\.\d+\.\d+, .*onnxruntime/m);
    expect(stdout).toMatch(/^CPU +works/m);
    expect(stdout).toContain("Models run on the CPU.");
  });

  it("gives the same as JSON", () => {
    const report = JSON.parse(doctor(["--json"]).stdout);
    expect(report).toMatchObject({
      node: process.versions.node,
      cpu: { problem: null },
      addon: expect.stringMatching(/^\d/),
    });
    expect(Object.keys(report.cuda).sort()).toEqual(
      "devices driverPath driverVersion libraries problem providerPath providerVersion remedy".split(" "),
    );
  });

  it("fails without ONNX Runtime, and says how to fix it", () => {
    const { status, stdout } = doctor([], { QUORATE_ONNXRUNTIME_PATH: join(folder, "none.so") });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ONNX Runtime +none$/m);
    expect(stdout).toMatch(/Models do not run: no usable ONNX Runtime library.*none\.so/);
    expect(stdout).toContain("To fix it: unset QUORATE_ONNXRUNTIME_PATH");
  });

  it("fails without the addon, and says how to fix it", () => {
    const path = join(folder, "broken.node");
    writeFileSync(path, "no library");
    const { status, stdout, stderr } = doctor([], { QUORATE_NATIVE_PATH: path });
    expect(status).toBe(1);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^addon +none$/m);
    expect(stdout).toMatch(
      /Models do not run: The native addon could not be loaded .*broken\.node.*Build it with: npm/,
    );
  });

  it("looks for the provider where the variable says", () => {
    const file = join(folder, "libonnxruntime_providers_cuda.so");
    copyFileSync(fixture("linear"), file);
    const { cuda } = JSON.parse(doctor(["--json"], { QUORATE_CUDA_PROVIDER: folder }).stdout);
    expect(cuda).toMatchObject({ providerPath: file, providerVersion: null });
    expect(cuda.problem).not.toBeNull();
  });
});
