// What the build scripts share: finding programs, running them, and saying in one sentence what is missing.
// Node's own modules only: this runs before `npm install`.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Name and version of this package. */
export function manifest() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

/** Ends the process with one sentence. */
export function fail(sentence) {
  console.error(`quorate: ${sentence}`);
  process.exit(1);
}

/** Absolute path of a program, or undefined. A name with a slash is taken as a path. */
export function find(name) {
  const extensions = process.platform === "win32" ? (process.env.PATHEXT ?? ".EXE;.CMD").split(";") : [""];
  const folders = /[\\/]/.test(name) ? [""] : (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const folder of folders) {
    for (const extension of extensions) {
      const path = join(folder, name + extension);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
}

/** Package of each tool for the package managers we know. */
const packages = {
  cmake: { "apt-get": "cmake", dnf: "cmake", apk: "cmake", pacman: "cmake", brew: "cmake" },
  compiler: { "apt-get": "g++", dnf: "gcc-c++", apk: "g++", pacman: "gcc" },
  generator: { "apt-get": "ninja-build", dnf: "ninja-build", apk: "ninja", pacman: "ninja", brew: "ninja" },
  gtest: { "apt-get": "libgtest-dev", dnf: "gtest-devel", apk: "gtest-dev", pacman: "gtest", brew: "googletest" },
  "clang-format": {
    "apt-get": "clang-format",
    dnf: "clang-tools-extra",
    apk: "clang-extra-tools",
    pacman: "clang",
    brew: "clang-format",
  },
};
const managers = {
  "apt-get": "apt-get install -y",
  dnf: "dnf install -y",
  apk: "apk add",
  pacman: "pacman -S --noconfirm",
  brew: "brew install",
};

/** The command that installs a tool on this machine. */
export function installCommand(tool) {
  if (tool === "compiler" && process.platform === "darwin") return "xcode-select --install";
  const manager = Object.keys(managers).find((name) => find(name) && packages[tool][name]);
  if (!manager) return `install ${packages[tool]["apt-get"]} with your package manager`;
  const sudo = manager !== "brew" && process.getuid?.() !== 0 ? "sudo " : "";
  return `${sudo}${managers[manager]} ${packages[tool][manager]}`;
}

/** Ends the process unless `found`, with the sentence that says what to do. */
export function need(found, what, tool) {
  if (!found) fail(`${what} is missing; install it with: ${installCommand(tool)}`);
  return found;
}

/** The CMake generator to use: Ninja where present, else Makefiles; Windows keeps CMake's own choice. */
export function cmakeGenerator() {
  if (process.env.CMAKE_GENERATOR) return process.env.CMAKE_GENERATOR;
  if (find("ninja")) return "Ninja";
  if (process.platform === "win32") return undefined;
  need(find("make"), "a build tool (ninja or make)", "generator");
  return "Unix Makefiles";
}

/** Checks CMake, the compiler and the build tool; returns CMake's path. */
export function buildTools() {
  const cmake = need(find("cmake"), "CMake (3.24 or newer)", "cmake");
  const version = /version (\d+)\.(\d+)/.exec(capture(cmake, ["--version"]).stdout);
  if (!version || Number(version[1]) * 1000 + Number(version[2]) < 3024) {
    fail(
      `CMake 3.24 or newer is needed, ${cmake} is ${version?.[0] ?? "unreadable"}; install it with: pip install cmake`,
    );
  }
  if (process.platform !== "win32") {
    const compilers = process.env.CXX ? [process.env.CXX.split(" ")[0]] : ["c++", "g++", "clang++"];
    const what = process.env.CXX ? `the C++ compiler of CXX (${process.env.CXX})` : "a C++20 compiler";
    need(compilers.map(find).find(Boolean), what, "compiler");
  }
  return cmake;
}

/** Runs a program with its output on the terminal; ends the process when it fails. */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, { stdio: "inherit", cwd: root, ...options });
  if (result.error) fail(`${program} did not start: ${result.error.message}`);
  if (result.status !== 0) fail(`${[program, ...args].join(" ")} failed (${result.signal ?? `exit ${result.status}`})`);
}

/** Runs a program and returns { status, stdout, stderr }; status is undefined when it did not start. */
export function capture(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", cwd: root, maxBuffer: 1 << 26, ...options });
  return { status: result.status ?? undefined, stdout: result.stdout ?? "", stderr: result.stderr ?? "" };
}

/** Parallel jobs for a build. */
export const jobs = Math.max(1, availableParallelism());

/** The name of this machine's prebuilt binary; as in src/native/load.ts. */
export function target() {
  const musl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
  return `${process.platform}${musl ? "musl" : ""}-${process.arch}`;
}
