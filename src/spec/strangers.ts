/** Values that no schema expects, found before it: what was meant is clear, and so is what to do. */
import { types } from "node:util";
import { ruleProblem } from "./rule-names.js";

/** Where it is, as a JSON pointer, and the sentence's end. */
export interface Stranger {
  readonly path: string;
  readonly text: string;
}

const rulePath = /^\/tiers\/\d+\/exitWhen(\/rules\/\d+)*$/;

export function strangersIn(value: unknown, path = ""): Stranger[] {
  if (types.isPromise(value)) return [{ path, text: "a Promise came: await it" }];
  if (rulePath.test(path)) {
    const text = ruleProblem(value);
    if (text !== undefined) return [{ path, text }];
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => strangersIn(field, `${path}/${name}`));
}
