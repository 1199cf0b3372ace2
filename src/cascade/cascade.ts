/** The cascade, as its users meet it. */
import { EventEmitter } from "node:events";
import type { Answer } from "../calls/answer.js";
import type { BatchAnswer } from "../calls/batch-answer.js";
import { type BatchCallOptions, type CallOptions, noOptions } from "../calls/call-options.js";
import type { BatchInput, RowInput } from "../calls/inputs.js";
import { showAs } from "../calls/show.js";
import type { RowSource, StreamAnswer, StreamOptions } from "../calls/stream.js";
import { invalidArgument, quoted, toQuorateError } from "../errors.js";
import { loadAddon } from "../native/load.js";
import { lowerSpec } from "../native/lower.js";
import { decidedThreads } from "../native/threads.js";
import { searchPaths } from "../runtime/cuda.js";
import type { RequestTensor } from "../spec/element-type.js";
import { isPathLike } from "../spec/natural.js";
import type { CascadeOptions, CascadeSpec, TierOptions, TierSpec } from "../spec/options.js";
import { checkedSpec, readSpec } from "../spec/read.js";
import { checkOptions } from "../spec/schema.js";
import { type CostOptions, type CostReport, checkCostOptions, costOf } from "./cost.js";
import { type CascadeCounters, countersSince } from "./counters.js";
import { Engine } from "./engine.js";
import { type Explanation, explanationOf } from "./explain.js";
import type { TierInfo } from "./info.js";
import type { CascadeWarning } from "./invalid-votes.js";
import { type CascadeJson, cascadeJson, shownCascade } from "./summary.js";

/** Options of `close`. */
export interface CloseOptions {
  /** Milliseconds in which running rows may finish; the rest is rejected with _CLOSED. @default 5000 */
  readonly drainMs?: number;
}

/** Options of `counters`. */
export interface SinceOptions {
  /** Count from this earlier snapshot. @default from the start */
  readonly since?: CascadeCounters;
}

/**
 * Tiers of models that answer together: a row leaves at the first tier whose members agree enough. Open cascades
 * do not keep the process alive; calls do. Every error is a QuorateError. `on("warning", ...)` hears what goes wrong
 * without an error.
 */
export class Cascade implements AsyncDisposable {
  static {
    showAs<Cascade>(Cascade, shownCascade);
  }

  readonly #engine: Engine;
  /** Kept, not inherited: users without Node's types could not read ours. */
  readonly #events = new EventEmitter();

  private constructor(engine: Engine) {
    this.#engine = engine;
    engine.onWarning = (warning) => void this.#events.emit("warning", warning);
  }

  /**
   * Calls `listener` when more than half of a member's last 1,000 rows were invalid votes: once, and again when that
   * was mended between.
   * @throws QuorateError: another event, or no function
   */
  on(event: "warning", listener: (warning: CascadeWarning) => void): this {
    checkListener(event, listener);
    this.#events.on(event, listener);
    return this;
  }

  /** Takes back one `on()` of the same function. @throws as `on` */
  off(event: "warning", listener: (warning: CascadeWarning) => void): this {
    checkListener(event, listener);
    this.#events.off(event, listener);
    return this;
  }

  /** Collects tiers; `build()` checks and loads them. @param options of the whole cascade @default every option's own */
  static builder(options: CascadeOptions = {}): CascadeBuilder {
    return new CascadeBuilder().options(options);
  }

  /**
   * The same from data, or from a `cascade.json` by its path or file: URL. Model paths are relative to that file; in data, to the working
   * directory.
   * @throws one QuorateError whose `problems` list everything that is wrong
   */
  static async fromSpec(specOrPath: CascadeSpec | string | URL): Promise<Cascade> {
    const spec = isPathLike(specOrPath) ? await readSpec(specOrPath) : checkedSpec(specOrPath, process.cwd());
    const lowered = lowerSpec(spec, searchPaths(spec));
    const addon = loadAddon();
    decidedThreads(addon);
    return new Cascade(await Engine.open(addon, spec, lowered));
  }

  /** What it was built from, with absolute paths. */
  get spec(): CascadeSpec {
    return this.#engine.spec.given;
  }

  /** Request tensors: what a call must give; those that no tier reads (empty `tiers`) may be left out. */
  get inputs(): readonly RequestTensor[] {
    return this.#engine.info.inputs;
  }

  /** Number of classes. */
  get classes(): number {
    return this.#engine.info.classes;
  }

  /** Their names in the cascade's order; null when only their number is known. */
  get classNames(): readonly string[] | null {
    return this.#engine.spec.classNames;
  }

  /** What every tier is: its rule in words, its members, where they run. `explain()` measures FLOPs too. */
  get tiers(): readonly TierInfo[] {
    return this.#engine.info.tiers;
  }

  /** False as soon as `close` was called. */
  get open(): boolean {
    return this.#engine.open;
  }

  /** Answers one row; calls from many callers are batched together. The row is copied before the call returns. */
  run(row: RowInput, options: CallOptions = noOptions): Promise<Answer> {
    return this.#engine.run(row, options);
  }

  /**
   * Answers N rows. The arrays are read in place: do not write to or transfer them before the promise has settled
   * (or use `copy: true`). Rejects only when the whole call is invalid, aborted or closed; rows that failed have
   * their own `status`.
   */
  runBatch(rows: BatchInput, options: BatchCallOptions = noOptions): Promise<BatchAnswer> {
    return this.#engine.runBatch(rows, options);
  }

  /** Answers a source of rows with back-pressure; ending the iteration cancels what is in flight. */
  stream(source: RowSource, options: StreamOptions = noOptions): AsyncGenerator<StreamAnswer, void, undefined> {
    return this.#engine.stream(source, options);
  }

  /** What every tier and member has done: a consistent snapshot, or with `since` the difference to an earlier one. */
  counters(options: SinceOptions = {}): CascadeCounters {
    checkOptions("counters", options);
    const now = this.#engine.counters();
    return options.since === undefined ? now : countersSince(now, options.since);
  }

  /** What the rows have cost, against a reference on the same rows. The first call measures FLOPs. */
  async cost(options: CostOptions = {}): Promise<CostReport> {
    checkCostOptions(options, this.#engine.spec);
    const { flops } = await this.#engine.profile();
    const { since } = options;
    return costOf(this.#engine.spec, this.counters(since && { since }), flops, options, this.#engine.info.tiers);
  }

  /** Devices and why not others, rules in votes, FLOPs per row, hashes of the models, warnings. Reads every model. */
  async explain(): Promise<Explanation> {
    const reasonOf = (error: unknown): Error => {
      const reason = toQuorateError(error);
      if (reason.code === "QUORATE_ERR_CLOSED") throw reason;
      return reason;
    };
    const [profile, hashes] = await Promise.all([
      this.#engine.profile().catch(reasonOf),
      this.#engine.hashes().catch(reasonOf),
    ]);
    const [{ spec, info }, counters] = [this.#engine, this.#engine.counters()];
    return explanationOf(spec, info, { profile, hashes, memoryRows: this.#engine.memoryRows(), counters });
  }

  /** Refuses new calls, lets running ones finish, releases the models. A second call gives the same promise. */
  close(options: CloseOptions = {}): Promise<void> {
    try {
      checkOptions("close", options);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return this.#engine.close(options.drainMs ?? 5000);
  }

  /** `await using` closes the cascade as `close()` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What it is, in short; its specification is `spec`. */
  toJSON(): CascadeJson {
    return cascadeJson(this);
  }
}

/** Collects tiers in order, cheap first; checks and loads them when asked to build. */
export class CascadeBuilder {
  readonly #tiers: TierSpec[] = [];
  #options: CascadeOptions = {};

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
  build(): Promise<Cascade> {
    return Cascade.fromSpec({ ...this.#options, tiers: [...this.#tiers] });
  }
}

function checkListener(event: unknown, listener: unknown): void {
  if (event !== "warning") throw invalidArgument(`there is no event ${quoted(event)}, expected "warning".`);
  if (typeof listener !== "function") throw invalidArgument(`a listener is ${quoted(listener)}, expected a function.`);
}
