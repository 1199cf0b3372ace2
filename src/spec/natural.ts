/** Paths and bytes as people have them: file: URLs, as objects or text, and buffers of every kind. */

import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { invalidArgument, messageOf } from "../errors.js";

/**
 * The path that `value` stands for; anything but a path and a URL as it is.
 * @throws QuorateError for a URL that is no file
 */
export function asPath(value: unknown): unknown {
  const href = hrefOf(value);
  if (href === undefined) return value;
  if (!/^file:/i.test(href)) throw invalidArgument(`${href} is no file, expected a path or a file: URL.`);
  try {
    return fileURLToPath(href);
  } catch (thrown) {
    throw invalidArgument(`${href} is no file of this machine: ${messageOf(thrown)}.`);
  }
}

/** A model: a path, or bytes as Uint8Array over the same memory; memory that is shared is copied. */
export function asModel(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return bytes(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return bytes(value, 0, value.byteLength);
  return asPath(value);
}

/** Whether it may be a path: text, or a URL of any realm. */
export function isPathLike(value: unknown): value is string | URL {
  return typeof value === "string" || isUrl(value);
}

function bytes(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array {
  const view = new Uint8Array(buffer, offset, length);
  return types.isSharedArrayBuffer(buffer) ? new Uint8Array(view) : view;
}

function hrefOf(value: unknown): string | undefined {
  if (typeof value === "string") return /^(file:|https?:\/\/)/i.test(value) ? value : undefined;
  return isUrl(value) ? value.href : undefined;
}

function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === "[object URL]";
}
