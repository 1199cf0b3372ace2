/**
 * Arrays that come from the addon, as arrays of this module's realm. The addon makes those of the main realm, and test
 * runners load modules into others (Jest, Vitest's vm pools), where `instanceof` would be false. The memory is shared.
 */
import { arrayTypes, type TensorData } from "../spec/element-type.js";

/** What makes a view over memory that exists. */
type MakeView = new (buffer: ArrayBufferLike, offset: number, length: number) => TensorData;

const own: ReadonlyMap<string, MakeView> = new Map(
  Object.values(arrayTypes).map((type) => [type.name, type as unknown as MakeView]),
);

/** The same elements, as an array of this realm: the same object where it is one. */
export function ofThisRealm<T extends TensorData>(array: T): T {
  const make = own.get(array[Symbol.toStringTag]);
  if (make === undefined || array instanceof make) return array;
  return new make(array.buffer, array.byteOffset, array.length) as T;
}

/** The object with its arrays; itself where all are of this realm. */
export function arraysOfThisRealm<T extends object>(columns: T): T {
  const foreign = Object.entries(columns).filter(
    ([, value]) => ArrayBuffer.isView(value) && ofThisRealm(value as TensorData) !== value,
  );
  if (foreign.length === 0) return columns;
  return { ...columns, ...Object.fromEntries(foreign.map(([name, value]) => [name, ofThisRealm(value)])) };
}
