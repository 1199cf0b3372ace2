import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cudaLibraryFolders, cudaProviders, searchPaths } from "../../src/runtime/cuda.js";
import { checkedSpec } from "../../src/spec/read.js";

const file = "libonnxruntime_providers_cuda.so";
const prefix = mkdtempSync(join(tmpdir(), "quorate-python-"));
const sitePackages = join(prefix, "lib", "python3.12", "site-packages");
for (const name of ["cu13", "cudnn"]) mkdirSync(join(sitePackages, "nvidia", name, "lib"), { recursive: true });

beforeEach(() => {
  for (const name of ["QUORATE_CUDA_PROVIDER", "QUORATE_CUDA_LIBRARIES", "LD_LIBRARY_PATH", "CONDA_PREFIX"]) {
    vi.stubEnv(name, "");
  }
  vi.stubEnv("VIRTUAL_ENV", prefix);
});
afterEach(() => vi.unstubAllEnvs());

describe("the CUDA provider", () => {
  it("is the one asked for, and no other", () => {
    vi.stubEnv("QUORATE_CUDA_PROVIDER", "/env/provider");
    expect(cudaProviders("/option/my-provider.so")).toEqual(["/option/my-provider.so"]);
    expect(cudaProviders("/option/folder")).toEqual([join("/option/folder", file)]);
    expect(cudaProviders(undefined)).toEqual([join("/env/provider", file)]);
  });

  it("is the one beside ONNX Runtime before that of Python's packages", () => {
    const [first, second] = cudaProviders(undefined);
    expect(first).toBe("");
    expect(second).toBe(join(sitePackages, "onnxruntime", "capi", file));
  });
});

describe("CUDA's libraries", () => {
  it("are in the folders asked for, and the packages in them, and nowhere else", () => {
    vi.stubEnv("QUORATE_CUDA_LIBRARIES", "/env/lib");
    expect(cudaLibraryFolders(["/a", sitePackages].join(delimiter))).toEqual([
      "/a",
      sitePackages,
      join(sitePackages, "nvidia", "cu13", "lib"),
      join(sitePackages, "nvidia", "cudnn", "lib"),
    ]);
    expect(cudaLibraryFolders(undefined)).toEqual(["/env/lib"]);
  });

  it("are where LD_LIBRARY_PATH says, in Python's packages, and at last where the loader looks", () => {
    vi.stubEnv("LD_LIBRARY_PATH", ["/first", "", "/second"].join(delimiter));
    const folders = cudaLibraryFolders(undefined);
    expect(folders.slice(0, 3)).toEqual(["/first", "/second", join(sitePackages, "nvidia", "cu13", "lib")]);
    expect(folders.at(-1)).toBe("");
  });
});

describe("a specification", () => {
  it("may name both, relative to its own folder", () => {
    writeFileSync(join(prefix, "a.onnx"), "");
    const spec = checkedSpec(
      {
        cudaProviderPath: "provider",
        cudaLibraryPath: ["lib", "/abs"].join(delimiter),
        tiers: [{ name: "only", members: ["a.onnx"] }],
      },
      prefix,
    );
    expect(spec).toMatchObject({
      cudaProviderPath: join(prefix, "provider"),
      cudaLibraryPath: [join(prefix, "lib"), "/abs"].join(delimiter),
    });
    expect(searchPaths(spec)).toMatchObject({
      cudaProviders: [join(prefix, "provider", file)],
      cudaLibraryFolders: [join(prefix, "lib"), "/abs"],
    });
  });

  it("names neither as an empty string", () => {
    const spec = { cudaProviderPath: "", cudaLibraryPath: "", tiers: [{ name: "only", members: ["a.onnx"] }] };
    expect(() => checkedSpec(spec, prefix)).toThrow(/cudaProviderPath: expected a non-empty string/);
  });
});
