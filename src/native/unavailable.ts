/** Why an addon cannot be loaded, and what to do about it: each reason has another remedy. */
import { closeSync, openSync, readSync } from "node:fs";
import { messageOf } from "../errors.js";
import { currentTarget } from "./target.js";

/**
 * Sentences: the reason and its remedy.
 * @param path the file; null: there is none
 * @param error what Node.js threw when it opened it
 * @param buildIt the sentence that says how to build the addon here
 */
export function whyUnavailable(
  path: string | null,
  error: unknown,
  buildIt: string,
  target: string = currentTarget(),
): string {
  if (target.startsWith("linuxmusl-")) {
    return "this Linux has musl instead of glibc, and ONNX Runtime has no library for it. Use an image with glibc: node:24-slim, not node:24-alpine.";
  }
  if (path === null) {
    return `there is no such file. ${buildIt} In a bundle, set QUORATE_NATIVE_PATH to the file in node_modules/quorate/prebuilds/.`;
  }
  // Node.js lists its require stack after the first line.
  const message = messageOf(error).split("\n")[0] ?? "";
  if ((error as { code?: unknown } | null)?.code === "ERR_DLOPEN_DISABLED") return notAllowed();
  if ((error as { code?: unknown } | null)?.code === "ERR_ACCESS_DENIED") {
    return `Node.js may not read ${path}. Add --allow-fs-read=${path} to --permission.`;
  }
  const library = /version `(GLIBC|GLIBCXX|CXXABI)_([\d.]+)' not found/.exec(message);
  if (library !== null) {
    const name = library[1] === "GLIBC" ? "glibc" : "libstdc++";
    return `${name} of this system is too old: it lacks ${library[1]}_${library[2]}. Use a newer system, or build the addon on this one. ${buildIt}`;
  }
  const machine = machineOf(path);
  const own = target.slice(target.indexOf("-") + 1);
  if (machine !== null && machine !== own) {
    return `${path} is for ${machine}, and this Node.js is for ${own}. ${reinstall}`;
  }
  if (/incompatible architecture|not a valid Win32 application|invalid ELF header|not a mach-o file/i.test(message)) {
    return `${path} is not for ${target} (${message}). ${reinstall}`;
  }
  return `${message.replace(/\.$/, "")}. ${buildIt}`;
}

const reinstall = "Install quorate again with this Node.js: node_modules may come from another machine.";

function notAllowed(): string {
  const allowed = (process as { readonly permission?: unknown }).permission === undefined;
  return allowed
    ? "Node.js was told not to load addons. Start it without --no-addons (command line and NODE_OPTIONS)."
    : "Node.js may not load addons under --permission. Add --allow-addons.";
}

/** Machines of ELF files by their number, as process.arch names them. */
const machines: Readonly<Record<number, string>> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64", 243: "riscv64" };

/** Which machine a library of Linux is for; null: another kind of file, or it cannot be read. */
function machineOf(path: string): string | null {
  const header = Buffer.alloc(20);
  try {
    const file = openSync(path, "r");
    try {
      if (readSync(file, header, 0, header.length, 0) < header.length) return null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
  if (header.toString("latin1", 0, 4) !== "\x7fELF") return null;
  const machine = header.readUInt16LE(18);
  return machines[machine] ?? `machine ${machine}`;
}
