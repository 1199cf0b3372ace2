/** Finds and opens the native addon. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, resolve } from "node:path";
import { QuorateError } from "../errors.js";
import type { NativeAddon } from "./contract.js";

const require = createRequire(import.meta.url);

/** One literal path per target, so bundlers and packagers can see every binary. */
const prebuilds: Readonly<Record<string, () => unknown>> = {
  "linux-x64": () => require("../../prebuilds/linux-x64.node"),
  "linux-arm64": () => require("../../prebuilds/linux-arm64.node"),
  "linuxmusl-x64": () => require("../../prebuilds/linuxmusl-x64.node"),
  "linuxmusl-arm64": () => require("../../prebuilds/linuxmusl-arm64.node"),
  "darwin-arm64": () => require("../../prebuilds/darwin-arm64.node"),
  "darwin-x64": () => require("../../prebuilds/darwin-x64.node"),
  "win32-x64": () => require("../../prebuilds/win32-x64.node"),
};

/** The addon a checkout or `npx quorate-build` leaves. From src/native and from dist/native alike. */
const builtPath = "../../build/Release/quorate.node";

let addon: NativeAddon | undefined;

/**
 * The addon of this process. Looks in order: `QUORATE_NATIVE_PATH`, `build/Release` when something was built
 * there, the prebuilt binary for this platform.
 * @throws QuorateError naming the target, everything tried and the command that builds the addon
 */
export function loadAddon(): NativeAddon {
  addon ??= open();
  return addon;
}

function open(): NativeAddon {
  const explicit = process.env["QUORATE_NATIVE_PATH"];
  if (explicit) {
    // Nothing else is tried: the variable asks for this file or an error.
    const path = isAbsolute(explicit) ? explicit : resolve(explicit);
    return attempt(`QUORATE_NATIVE_PATH=${explicit}`, () => require(path));
  }
  if (existsSync(new URL(builtPath, import.meta.url)))
    return attempt("build/Release/quorate.node", () => require(builtPath));
  const target = currentTarget();
  const prebuilt = prebuilds[target];
  if (prebuilt) return attempt(`build/Release/quorate.node (absent), prebuilds/${target}.node`, prebuilt);
  throw failure(`tried build/Release/quorate.node (absent); there is no prebuilt binary for ${target}`);
}

function attempt(tried: string, load: () => unknown): NativeAddon {
  let loaded: NativeAddon;
  try {
    loaded = load() as NativeAddon;
  } catch (cause) {
    // Node lists its require stack after the first line.
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw failure(`tried ${tried}: ${reason}`, cause);
  }
  const wanted = packageVersion();
  if (loaded.version !== wanted) {
    throw failure(`${tried} is of version ${loaded.version ?? "unknown"}, this package is ${wanted}`);
  }
  return loaded;
}

function failure(detail: string, cause?: unknown): QuorateError {
  const remedy = existsSync(new URL("../../package-lock.json", import.meta.url))
    ? "npm run build"
    : "npm install --save-dev node-addon-api node-api-headers && npx quorate-build";
  const message = `The native addon could not be loaded on ${currentTarget()}: ${detail}. Build it with: ${remedy}`;
  return new QuorateError("QUORATE_ERR_INTERNAL", message, { cause });
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { readonly version: string }).version;
}

/** Platform and architecture, as the prebuilt files are named; Linux without glibc is `linuxmusl`. */
function currentTarget(): string {
  const musl = process.platform === "linux" && !usesGlibc();
  return `${process.platform}${musl ? "musl" : ""}-${process.arch}`;
}

function usesGlibc(): boolean {
  const report = process.report as (typeof process.report & { excludeNetwork?: boolean }) | undefined;
  if (!report) return true;
  // Without this the report may look up host names, which takes seconds on some networks.
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime !== undefined;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}
