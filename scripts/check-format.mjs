// clang-format over every native file: checks, or rewrites with --write.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { capture, fail, find, need, root, run } from "./lib/tools.mjs";

const clangFormat = need(
  find(process.env.CLANG_FORMAT ?? "clang-format"),
  "clang-format (14 is what CI uses)",
  "clang-format",
);
const files = ["native", "test/native", "bench/native"].flatMap((folder) => {
  try {
    const names = readdirSync(join(root, folder), { recursive: true });
    return names.filter((name) => /\.(h|cc|cuh|cu)$/.test(name)).map((name) => join(folder, name));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
});
if (process.argv.includes("--write")) {
  if (files.length > 0) run(clangFormat, ["-i", "--style=file", ...files]);
} else {
  const { stderr } = capture(clangFormat, ["--dry-run", "--style=file", ...files]);
  const wrong = files.filter((file) => stderr.includes(`${file}:`));
  if (wrong.length > 0) fail(`run npm run format; clang-format would change:\n${wrong.join("\n")}`);
}
console.log(`clang-format: ${files.length} files`);
