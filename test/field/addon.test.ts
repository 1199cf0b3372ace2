/** Where the addon cannot be loaded, the error says why and what to do, and calls nothing a defect. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { whyUnavailable } from "../../src/native/unavailable.js";
import { type ChildOptions, runChild } from "../process/child.js";
import { nodeVersions, notThere } from "./node-versions.js";

const home = mkdtempSync(join(tmpdir(), "quorate-addon-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const addon =
  process.env["QUORATE_NATIVE_PATH"] || fileURLToPath(new URL("../../build/Release/quorate.node", import.meta.url));

/** Whether addons are ELF files, which these tests know how to change. */
const elf = process.platform === "linux";
if (!elf) console.warn("skipped: addons that do not fit the system are tested on Linux only.");

/** A copy of the addon. */
function changed(name: string, change: (bytes: Buffer) => void): string {
  const path = join(home, `${name}.node`);
  copyFileSync(addon, path);
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
  return path;
}

/** Makes every mention of a version of glibc one that there is not. */
function futureGlibc(bytes: Buffer): void {
  for (let at = bytes.indexOf("GLIBC_2."); at >= 0; at = bytes.indexOf("GLIBC_2.", at + 1)) bytes.write("9", at + 6);
}

async function sentence(options: ChildOptions): Promise<string> {
  const { stdout } = await runChild("field/children/build", ["build"], options);
  return stdout;
}

const withAddon = (path: string): Promise<string> => sentence({ env: { QUORATE_NATIVE_PATH: path } });

describe("an addon that cannot be loaded", () => {
  it("is named with the flag that forbids it", async () => {
    expect(await sentence({ flags: ["--no-addons"] })).toMatch(/^QUORATE_ERR_NATIVE_UNAVAILABLE .*without --no-addons/);
  });

  it.for(nodeVersions.slice(1))(
    "is named with the permission it needs, on $name",
    async ({ path, there }, { skip }) => {
      skip(!there, notThere);
      const flags = ["--permission", "--allow-fs-read=*"];
      expect(await sentence({ node: path, flags })).toMatch(/^QUORATE_ERR_NATIVE_UNAVAILABLE .*Add --allow-addons/);
      expect(await sentence({ node: path, flags: [...flags, "--allow-addons"] })).toBe("built\n");
    },
  );

  it("is missing", async () => {
    expect(await withAddon(join(home, "none.node"))).toMatch(
      /^QUORATE_ERR_NATIVE_UNAVAILABLE .*there is no such file.*Build it with.*none\.node/,
    );
  });

  it.skipIf(!elf)("is for another architecture", async () => {
    const path = changed("risc", (bytes) => void bytes.writeUInt16LE(243, 18));
    expect(await withAddon(path)).toMatch(
      /^QUORATE_ERR_NATIVE_UNAVAILABLE .*is for riscv64, and this Node.js is for \w+\. Install quorate again/,
    );
  });

  it.skipIf(!elf)("is no library at all", async () => {
    const path = changed("text", (bytes) => void bytes.fill(" "));
    expect(await withAddon(path)).toMatch(/^QUORATE_ERR_NATIVE_UNAVAILABLE .*is not for linux-.*invalid ELF header/);
  });

  it.skipIf(!elf)("needs a newer glibc", async () => {
    expect(await withAddon(changed("glibc", futureGlibc))).toMatch(
      /^QUORATE_ERR_NATIVE_UNAVAILABLE .*glibc of this system is too old: it lacks GLIBC_9\.[\d.]+\. Use a newer system/,
    );
  });

  it("has no ONNX Runtime on musl, whatever was tried", () => {
    const text = whyUnavailable(null, null, "Build it.", "linuxmusl-x64");
    expect(text).toMatch(/musl.*ONNX Runtime has no library for it.*glibc/);
    expect(text).not.toMatch(/Build it/);
  });
});
