/** Tensors given as functions: called only for rows that reach a tier that needs them. */
import type { AsyncResource } from "node:async_hooks";
import { messageOf } from "../errors.js";
import type { NativeCascade } from "../native/contract.js";
import type { RequestTensor } from "../spec/element-type.js";
import { inContext } from "./context.js";
import { asUserCode } from "./reentry.js";
import { dataProblem, type LazyTensor, plainData } from "./tensors.js";

/** The functions of one call. */
export class LazyTensors {
  readonly #functions: ReadonlyMap<number, LazyTensor>;
  readonly #context: AsyncResource | undefined;

  /** @param context of the call */
  constructor(functions: ReadonlyMap<number, LazyTensor>, context: AsyncResource | undefined) {
    this.#functions = functions;
    this.#context = context;
  }

  /**
   * Calls tensor `index`'s function for `rows` and hands its data to the engine; failing fails those rows only.
   * @param keep remembers what it threw, by number
   */
  async provide(
    id: number,
    index: number,
    rows: Uint32Array,
    owner: object,
    native: NativeCascade,
    table: readonly RequestTensor[],
    keep: (thrown: unknown) => number,
  ): Promise<void> {
    const tensor = table[index];
    const give = this.#functions.get(index);
    if (tensor === undefined || give === undefined)
      return native.provide(id, index, rows, null, "no function gives this tensor.", 0);
    // User code gets a list of its own: what it does with it does not change the engine's.
    const asked = rows.slice();
    try {
      const data = await inContext(this.#context, () => asUserCode(owner, () => give(rows.slice())));
      const problem = dataProblem(tensor, data, asked.length);
      if (problem === undefined) return native.provide(id, index, asked, plainData(data), "", 0);
      native.provide(id, index, asked, null, problem, 0);
    } catch (thrown) {
      native.provide(id, index, asked, null, messageOf(thrown), keep(thrown));
    }
  }
}
