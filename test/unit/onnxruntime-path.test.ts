import { existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runtimePaths } from "../../src/runtime/onnxruntime.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("the runtime's library", () => {
  it("is the one asked for, and no other", () => {
    vi.stubEnv("QUORATE_ONNXRUNTIME_PATH", "/env/libonnxruntime.so");
    expect(runtimePaths("/option/libonnxruntime.so")).toEqual(["/option/libonnxruntime.so"]);
    expect(runtimePaths(undefined)).toEqual(["/env/libonnxruntime.so"]);
  });

  it("may be a bare name for the system's loader, or a relative path", () => {
    expect(runtimePaths("libonnxruntime.so.1")).toEqual(["libonnxruntime.so.1"]);
    expect(runtimePaths("./lib/libonnxruntime.so.1")).toEqual([join(process.cwd(), "lib/libonnxruntime.so.1")]);
  });

  it("is that of the installed onnxruntime-node before the system's", () => {
    vi.stubEnv("QUORATE_ONNXRUNTIME_PATH", "");
    const paths = runtimePaths(undefined);
    expect(paths.at(-1)).not.toContain("/");
    expect(paths[0]).toContain(join("onnxruntime-node", "bin"));
    expect(existsSync(paths[0] ?? "")).toBe(true);
  });

  it("is the application's before ours", () => {
    vi.stubEnv("QUORATE_ONNXRUNTIME_PATH", "");
    const app = realpathSync(mkdtempSync(join(tmpdir(), "quorate-app-")));
    const root = join(app, "node_modules", "onnxruntime-node");
    const folder = join(root, "bin", "napi-v6", process.platform, process.arch);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "onnxruntime-node", main: "index.js" }));
    writeFileSync(join(root, "index.js"), "");
    const name =
      { win32: "onnxruntime.dll", darwin: "libonnxruntime.1.99.0.dylib" }[process.platform as string] ??
      "libonnxruntime.so.1";
    writeFileSync(join(folder, name), "");
    writeFileSync(join(folder, "libonnxruntime_providers_shared.so"), "");
    vi.spyOn(process, "cwd").mockReturnValue(app);
    const paths = runtimePaths(undefined);
    expect(paths[0]).toBe(join(folder, name));
    expect(paths.some((path) => path.includes("providers"))).toBe(false);
  });
});
