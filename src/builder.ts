/** Collects tiers; checks and loads when asked to build. */
import type { CascadeOptions, CascadeSpec, TierOptions, TierSpec } from "./options.js";

/** Builds a `T` (a Cascade) from tiers in order, cheap first. */
export class CascadeBuilder<T> {
  readonly #open: (spec: CascadeSpec) => Promise<T>;
  readonly #tiers: TierSpec[] = [];
  #options: CascadeOptions = {};

  /** @internal */
  constructor(open: (spec: CascadeSpec) => Promise<T>) {
    this.#open = open;
  }

  /** Adds the next tier. @param name unique in the cascade; answers carry it */
  tier(name: string, options: TierOptions): this {
    this.#tiers.push({ ...options, name });
    return this;
  }

  /** Sets options of the whole cascade; a later call adds to an earlier one. */
  options(options: CascadeOptions): this {
    this.#options = { ...this.#options, ...options };
    return this;
  }

  /**
   * Checks everything and loads every model at once, off the JS thread. Paths are relative to the working directory.
   * @throws one QuorateError whose `problems` list everything that is wrong
   */
  build(): Promise<T> {
    return this.#open({ ...this.#options, tiers: [...this.#tiers] });
  }
}
