// Compares every slot of native/ort/api.h with the crate ort-sys, a listing of the same function
// table that is not ours: name, index, and each parameter's and the result's type; and every enum
// value. Also: every slot is called by native/ort and has a test of its own. Slots that are newer
// than the listing have only that test (ort-sys 2.0.0-rc.12 goes further, but left one member out).
//
//     node test/native/ort/ort-sys-check.mjs          (needs cargo)

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ORT_SYS = "2.0.0-rc.10";
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The path of ort-sys' lib.rs, fetched by cargo, which checks its hash. */
function fetchOrtSys() {
  const folder = mkdtempSync(join(tmpdir(), "quorate-ort-sys-"));
  try {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/lib.rs"), "");
    writeFileSync(
      join(folder, "Cargo.toml"),
      `[package]\nname = "check"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n` +
        `ort-sys = { version = "=${ORT_SYS}", default-features = false }\n`,
    );
    const metadata = execFileSync("cargo", ["metadata", "--format-version", "1"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 26,
    });
    const crate = JSON.parse(metadata).packages.find((p) => p.name === "ort-sys");
    return readFileSync(join(dirname(crate.manifest_path), "src/lib.rs"), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") throw new Error("cargo is missing: apt-get install cargo");
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Text between the bracket at `open` and its partner. */
function bracketed(text, open) {
  const pairs = { "(": ")", "{": "}", "<": ">" };
  const [from, to] = [text[open], pairs[text[open]]];
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === from) depth++;
    if (text[i] === to && --depth === 0) return text.slice(open + 1, i);
  }
  throw new Error(`no partner of ${from}`);
}

function splitTopLevel(text) {
  const parts = [];
  let depth = 0;
  let part = "";
  for (const c of text) {
    if ("(<[".includes(c)) depth++;
    if (")>]".includes(c)) depth--;
    if (c === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += c;
  }
  return [...parts, part].map((p) => p.trim()).filter((p) => p !== "");
}

// Both sides become one spelling: "const T" -> "const T", pointers as a trailing " *" each.
const RUST = {
  "core::ffi::c_char": "char",
  "core::ffi::c_void": "void",
  "core::ffi::c_int": "int",
  c_char: "char",
  usize: "size_t",
  i64: "int64_t",
  u64: "uint64_t",
  u32: "uint32_t",
  ortchar: "char",
  bool: "bool",
  OrtStatusPtr: "OrtStatus *",
};

/** `*const *mut T` -> "T * const *": C reads outwards what Rust reads inwards. */
function rustType(text) {
  const type = text.trim();
  const pointer = /^\*(const|mut) (.*)$/s.exec(type);
  if (pointer) {
    const inner = rustType(pointer[2]);
    if (pointer[1] === "mut") return `${inner} *`;
    return inner.includes("*") ? `${inner} const *` : `const ${inner} *`;
  }
  return RUST[type] ?? type;
}

function cType(text) {
  // "const char* const* names" -> drop the name, set the stars apart.
  const spaced = text.replace(/\*/g, " * ").replace(/\s+/g, " ").trim();
  const named = /^(.*[ *]) ?([A-Za-z_]\w*)$/.exec(spaced);
  const isType = /^(const )?\w+$/.test(spaced);
  return (named && !(isType && /^(const \w+|\w+)$/.test(spaced)) ? named[1] : spaced).trim();
}

function parseRustTable(source) {
  const text = source.replace(/#\[doc\s*=\s*"(?:[^"\\]|\\.)*"\]/gs, "").replace(/\/\/[^\n]*/g, "");
  const body = bracketed(text, text.indexOf("{", text.indexOf("pub struct OrtApi ")));
  if (/#\[cfg/.test(body)) throw new Error("the listing has conditional members: indices are not what they seem");
  const slots = [];
  for (const match of body.matchAll(/pub (\w+):\s*/g)) {
    const rest = body.slice(match.index + match[0].length);
    const fn = /^(?:Option<\s*)?unsafe extern "system" fn\(/.exec(rest);
    if (!fn) {
      slots.push({ name: match[1] }); // Not a plain function; never one of ours.
      continue;
    }
    const parameters = bracketed(rest, fn[0].length - 1);
    const after = rest.slice(fn[0].length + parameters.length + 1);
    const result = /^\s*->\s*([^,>]+)/.exec(after);
    slots.push({
      name: match[1],
      parameters: splitTopLevel(parameters).map((p) => rustType(p.slice(p.indexOf(":") + 1))),
      result: result ? rustType(result[1]) : "void",
    });
  }
  return slots;
}

function parseRustEnums(source) {
  const text = source.replace(/#\[doc\s*=\s*"(?:[^"\\]|\\.)*"\]/gs, "").replace(/\/\/[^\n]*/g, "");
  const values = new Map();
  for (const match of text.matchAll(/pub enum (\w+) \{/g)) {
    let next = 0;
    for (const item of splitTopLevel(bracketed(text, match.index + match[0].length - 1))) {
      const entry = /(\w+)(?:\s*=\s*(-?\d+))?$/.exec(item.replace(/#\[[^\]]*\]/g, "").trim());
      if (!entry) continue;
      next = entry[2] === undefined ? next : Number(entry[2]);
      values.set(`${match[1]}.${entry[1]}`, next++);
    }
  }
  return values;
}

function parseOurs(header) {
  const text = header.replace(/\/\/[^\n]*/g, "");
  const slots = [];
  for (const match of text.matchAll(/inline constexpr Slot</g)) {
    const open = match.index + match[0].length - 1;
    const signature = bracketed(text, open);
    const tail = /^\s*k(\w+)\{\s*(\d+)\s*\}/.exec(text.slice(open + signature.length + 2));
    const paren = signature.indexOf("(");
    slots.push({
      name: tail[1],
      index: Number(tail[2]),
      result: cType(signature.slice(0, paren)),
      parameters: splitTopLevel(bracketed(signature, paren)).map(cType),
    });
  }
  const enums = [];
  for (const match of text.matchAll(/enum (\w+) : int \{/g)) {
    for (const item of bracketed(text, match.index + match[0].length - 1).split(",")) {
      const entry = /(\w+) = (-?\d+)/.exec(item);
      if (entry) enums.push({ type: match[1], name: entry[1], value: Number(entry[2]) });
    }
  }
  return { slots, enums };
}

/** Slots of versions that the listing ends before. */
function newer(ours, theirs) {
  return ours.slots.filter(({ name, index }) => index >= theirs.length && !theirs.some((s) => s.name === name));
}

function compare(ours, theirs, theirEnums) {
  const problems = [];
  const unlisted = newer(ours, theirs);
  for (const slot of ours.slots.filter((s) => !unlisted.includes(s))) {
    const other = theirs[slot.index];
    const expected = theirs.findIndex((s) => s.name === slot.name);
    if (other?.name !== slot.name) {
      problems.push(`${slot.name} is slot ${expected}, not ${slot.index} (that is ${other?.name})`);
      continue;
    }
    const mine = `${slot.result} (${slot.parameters.join(", ")})`;
    const listed = `${other.result} (${other.parameters?.join(", ")})`;
    if (mine !== listed) problems.push(`${slot.name}:\n    ours   ${mine}\n    theirs ${listed}`);
  }
  for (const { type, name, value } of ours.enums) {
    const listed = theirEnums.get(`${type}.${name}`);
    if (listed !== value) problems.push(`${type}.${name} is ${listed}, not ${value}`);
  }
  return problems;
}

/** Slots that nothing calls, and slots without a test named after them. */
function unused(ours) {
  const folder = join(root, "native/ort");
  const code = readdirSync(folder)
    .filter((name) => name !== "api.h")
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const tests = readdirSync(join(root, "test/native/ort"))
    .filter((name) => /^api_slots.*_test\.cc$/.test(name))
    .map((name) => readFileSync(join(root, "test/native/ort", name), "utf8"))
    .join("\n");
  return ours.slots.flatMap(({ name }) => [
    ...(new RegExp(`slot::k${name}\\b`).test(code) ? [] : [`${name} is declared but never called`]),
    ...(new RegExp(`TEST_F\\(ApiSlots\\w*, ${name}\\)`).test(tests) ? [] : [`${name} has no test of its own`]),
  ]);
}

const header = readFileSync(join(root, "native/ort/api.h"), "utf8");
const ours = parseOurs(header);
const listing = fetchOrtSys();
const theirs = parseRustTable(listing);
const theirEnums = parseRustEnums(listing);
const declared = header.match(/inline constexpr Slot</g).length;
const problems = [...compare(ours, theirs, theirEnums), ...unused(ours)];
if (ours.slots.length !== declared || declared < 40)
  problems.push(`read ${ours.slots.length} of ${declared} slots of api.h`);
if (theirs.length < 280) problems.push(`read only ${theirs.length} slots of ort-sys`);

// Planted faults, each of which must be found.
const plants = [
  ["an index", /kBindInput\{136\}/, "kBindInput{137}"],
  ["a name", /kBindInput\{136\}/, "kBindOutput{136}"],
  ["a parameter's type", /int intra_op_num_threads/, "size_t intra_op_num_threads"],
  ["a const", /const OrtEnv\* env\)/, "OrtEnv* env)"],
  ["a missing parameter", /size_t index, OrtAllocator\* allocator/, "OrtAllocator* allocator"],
  ["a result", /Slot<void\(OrtValue\* input\)>/, "Slot<OrtStatus*(OrtValue* input)>"],
  ["an enum value", /ORT_ENABLE_ALL = 99/, "ORT_ENABLE_ALL = 98"],
];
for (const [what, from, to] of plants) {
  if (!from.test(header)) problems.push(`the planted fault "${what}" no longer fits api.h`);
  const faulty = parseOurs(header.replace(from, to));
  if (compare(faulty, theirs, theirEnums).length === 0) problems.push(`the check does not see a wrong ${what}`);
}

if (problems.length > 0) {
  console.error(`native/ort/api.h against ort-sys ${ORT_SYS}:\n  ${problems.join("\n  ")}`);
  process.exit(1);
}
const unlisted = newer(ours, theirs).length;
console.log(
  `api.h: ${ours.slots.length - unlisted} slots and ${ours.enums.length} enum values agree with ort-sys ${ORT_SYS}; ` +
    `${unlisted} slots are newer than that`,
);
