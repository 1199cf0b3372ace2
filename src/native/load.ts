/** Finds and opens the native addon. */
import { existsSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { QuorateError } from "../errors.js";
import { version } from "../version.js";
import type { NativeAddon } from "./contract.js";
import { currentTarget } from "./target.js";
import { whyUnavailable } from "./unavailable.js";

/** webpack's own, in its bundles. */
declare const __webpack_require__: unknown;

// A CommonJS bundle has no URL.
const require = createRequire(import.meta.url || "file:///");

/**
 * One literal path per target, so that tracers (@vercel/nft) see every binary that is there. webpack would take them for
 * modules of its bundle, where they cannot be.
 */
const prebuilds: Readonly<Record<string, () => unknown>> =
  typeof __webpack_require__ === "undefined"
    ? {
        "linux-x64": () => require("../../prebuilds/linux-x64.node"),
        "linux-arm64": () => require("../../prebuilds/linux-arm64.node"),
        "linuxmusl-x64": () => require("../../prebuilds/linuxmusl-x64.node"),
        "linuxmusl-arm64": () => require("../../prebuilds/linuxmusl-arm64.node"),
        "darwin-arm64": () => require("../../prebuilds/darwin-arm64.node"),
        "darwin-x64": () => require("../../prebuilds/darwin-x64.node"),
        "win32-x64": () => require("../../prebuilds/win32-x64.node"),
      }
    : {};

/** Where this package lies: from src/native and from dist/native alike. */
const home = dirname(dirname(dirname(fileURLToPath(import.meta.url || "file:///"))));

let addon: NativeAddon | undefined;

/**
 * The addon of this process. Looks in order: `QUORATE_NATIVE_PATH`, `build/Release` when something was built
 * there, the prebuilt binary for this platform.
 * @throws QuorateError naming the target, everything tried and what to do
 */
export function loadAddon(): NativeAddon {
  addon ??= open();
  return addon;
}

function open(): NativeAddon {
  const explicit = process.env["QUORATE_NATIVE_PATH"];
  if (explicit) {
    // Nothing else is tried: the variable asks for this file or an error.
    const path = resolve(explicit);
    return load(path, `QUORATE_NATIVE_PATH=${explicit}`, opener(path));
  }
  // What a checkout or `npx quorate-build` leaves.
  const built = join(home, "build", "Release", "quorate.node");
  if (existsSync(built)) return load(built, built, opener(built));
  const target = currentTarget();
  const path = join(home, "prebuilds", `${target}.node`);
  return load(path, `${built} (absent), ${path}`, prebuilds[target]);
}

/** Not by `require`, which bundlers take for theirs. Node.js keeps what it has opened: realms of a process share it. */
function opener(path: string): () => unknown {
  return () => nodeModule.createRequire(path)(path);
}

function load(path: string, tried: string, openIt: (() => unknown) | undefined): NativeAddon {
  if (openIt === undefined || !existsSync(path)) throw failure({ tried, path: null, error: null });
  let loaded: NativeAddon;
  try {
    loaded = openIt() as NativeAddon;
  } catch (error) {
    throw failure({ tried, path, error });
  }
  if (loaded.version === version) return loaded;
  throw unavailable(`${tried} is of version ${loaded.version ?? "unknown"}, this package is ${version}. ${buildIt()}`);
}

interface Failure {
  readonly tried: string;
  /** The file; null: there is none. */
  readonly path: string | null;
  readonly error: unknown;
}

function failure({ tried, path, error }: Failure): QuorateError {
  return unavailable(`${whyUnavailable(path, error, buildIt())} Tried: ${tried}.`, error);
}

function unavailable(detail: string, cause?: unknown): QuorateError {
  const message = `The native addon could not be loaded on ${currentTarget()}: ${detail}`;
  return new QuorateError("QUORATE_ERR_NATIVE_UNAVAILABLE", message, { cause });
}

function buildIt(): string {
  const installed = /[\\/]node_modules[\\/]/.test(home);
  return `Build it with: ${installed ? "npm install --save-dev node-addon-api node-api-headers && npx quorate-build" : "npm run build"}.`;
}
