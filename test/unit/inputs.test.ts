import { describe, expect, it } from "vitest";
import { checkInputs } from "../../src/calls/tensors.js";
import { QuorateError } from "../../src/errors.js";
import type { NativeTensorInfo } from "../../src/native/info.js";

const x: NativeTensorInfo = { name: "x", type: "float32", rowShape: [2, 3], tiers: [0] };
const ids: NativeTensorInfo = { name: "ids", type: "int64", rowShape: [], tiers: [1] };
const unread: NativeTensorInfo = { name: "unread", type: "uint8", rowShape: [1], tiers: [] };

function detached(): Float32Array {
  const data = new Float32Array(6);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

function messageFor(input: unknown, table: readonly NativeTensorInfo[] = [x], rows?: number): string {
  try {
    checkInputs(table, input, rows);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(QuorateError);
    expect(thrown).toMatchObject({ code: "QUORATE_ERR_INVALID_ARGUMENT" });
    return (thrown as Error).message;
  }
  throw new Error("was accepted");
}

describe("inputs", () => {
  it("come in the order of the table, unread ones may be left out", () => {
    const given = { ids: new BigInt64Array(2), x: new Float32Array(12) };
    expect(checkInputs([x, ids, unread], given, undefined)).toMatchObject({
      native: [given.x, given.ids, null],
      rows: 2,
    });
  });

  it("may be one bare array when one tensor is read", () => {
    const data = new Float32Array(6);
    expect(checkInputs([x, unread], data, 1).native).toEqual([data, null]);
    expect(messageFor(new Float32Array(6), [x, ids])).toBe(
      'a bare Float32Array needs a cascade that reads one tensor, this one reads tensors "x", "ids".',
    );
  });

  it("may be views into larger buffers", () => {
    expect(checkInputs([x], { x: new Float32Array(20).subarray(3, 9) }, 1).rows).toBe(1);
  });

  it.each([
    ["nothing", undefined, 'the input is undefined, expected an object with tensor "x".'],
    ["a list", [1, 2], 'the input is Array, expected an object with tensor "x": Float32Array.from(values).'],
    ["an unknown tensor", { y: new Float32Array(6) }, 'tensor "y" is read by no member, expected tensor "x".'],
    ["no tensor", {}, 'tensor "x" is missing, expected Float32Array of [2, 3].'],
    ["a wrong type", { x: new Float64Array(6) }, 'tensor "x" is Float64Array, expected Float32Array of [2, 3].'],
    [
      "numbers",
      { x: [1, 2, 3, 4, 5, 6] },
      'tensor "x" is Array, expected Float32Array of [2, 3]: Float32Array.from(values).',
    ],
    [
      "a view without a type",
      { x: new DataView(new ArrayBuffer(24)) },
      'tensor "x" is DataView, expected Float32Array of [2, 3]: new Float32Array(view.buffer, view.byteOffset, length).',
    ],
    [
      "a wrong length",
      { x: new Float32Array(5) },
      'tensor "x" has 5 elements, expected 6: 1 row of Float32Array of [2, 3].',
    ],
    ["shared memory", { x: new Float32Array(new SharedArrayBuffer(24)) }, /SharedArrayBuffer.*copy it first/],
    [
      "a resizable buffer",
      { x: new Float32Array(Reflect.construct(ArrayBuffer, [24, { maxByteLength: 48 }])) },
      /resizable.*copy it first/,
    ],
    ["a detached buffer", { x: detached() }, 'tensor "x" has been transferred away: its buffer is detached.'],
  ])("of a row refuse %s", (_, input, message) => {
    expect(messageFor(input, [x], 1)).toMatch(message);
  });

  it.each([
    ["zero rows", { x: new Float32Array(0) }, 'tensor "x" has zero rows, expected at least one.'],
    ["a detached buffer", { x: detached() }, "detached"],
    [
      "part of a row",
      { x: new Float32Array(8) },
      'tensor "x" has 8 elements, expected a multiple of 6: rows of Float32Array of [2, 3].',
    ],
    ["a wrong type", { x: new Int8Array(6) }, 'tensor "x" is Int8Array'],
  ])("of a batch refuse %s", (_, input, message) => {
    expect(messageFor(input)).toContain(message);
  });

  it("of a batch have one number of rows", () => {
    const input = { x: new Float32Array(12), ids: new BigInt64Array(3) };
    expect(messageFor(input, [x, ids])).toBe(
      'tensor "ids" has 3 elements, expected 2: 2 rows of BigInt64Array of one number.',
    );
  });
});
