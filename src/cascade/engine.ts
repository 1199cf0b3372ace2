/** One open cascade: the addon's object, and everything that waits for it. */
import type { Answer, Legend } from "../calls/answer.js";
import type { BatchAnswer } from "../calls/batch-answer.js";
import { type BatchCallOptions, type CallOptions, lowerCallOptions } from "../calls/call-options.js";
import { Calls, closedError } from "../calls/calls.js";
import { keepAlive, weakHooks } from "../calls/keep-alive.js";
import { MemberCalls } from "../calls/member-calls.js";
import { arraysOfThisRealm, ofThisRealm } from "../calls/realm.js";
import { refuseReentry } from "../calls/reentry.js";
import { RowBlock } from "../calls/row-block.js";
import { type RowSource, type RunRow, type StreamAnswer, type StreamOptions, streamRows } from "../calls/stream.js";
import { checkInputs } from "../calls/tensors.js";
import { errorFromProblems, QuorateError, toCode, toQuorateError } from "../errors.js";
import type { NativeAddon, NativeCallOptions, NativeCascade, NativeHooks } from "../native/contract.js";
import type { NativeSpec } from "../native/lowered.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { CascadeCounters } from "./counters.js";
import type { CascadeInfo, HashTable, Profile } from "./info.js";
import { type CascadeWarning, invalidVotesWarning } from "./invalid-votes.js";
import { liftCounters, liftFlops, liftHashes, liftInfo } from "./lift.js";

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: QuorateError): void;
}

export class Engine {
  readonly spec: ResolvedSpec;
  /** Whoever listens sets it. */
  onWarning: (warning: CascadeWarning) => void = () => {};
  readonly #native: NativeCascade;
  readonly #calls: Calls;
  readonly #members: MemberCalls;
  readonly #built: Deferred<CascadeInfo> = deferred();
  #info: CascadeInfo | undefined;
  #block: RowBlock | undefined;
  #legend: Legend;
  #profile: Profile | undefined;
  #profiled: Deferred<Profile> | undefined;
  /** Waits for the addon. */
  #hashed: Deferred<HashTable> | undefined;
  #closed: Deferred<void> | undefined;
  /** For streams, which may wait for their source alone. */
  readonly #closing = new AbortController();
  /** Nothing will come from the addon any more: building failed, or the cascade has closed. */
  #done = false;
  /** Kept alive at the moment. */
  #kept = false;
  /** Held by the engine alone: the addon's hooks are weak. */
  readonly #hooks: NativeHooks;

  private constructor(addon: NativeAddon, spec: ResolvedSpec, lowered: NativeSpec) {
    this.spec = spec;
    this.#legend = legendOf(spec);
    this.#members = new MemberCalls(spec);
    this.#calls = new Calls(this.#members.any);
    this.#hooks = this.#makeHooks();
    this.#native = addon.createCascade(lowered, weakHooks(this.#hooks));
    this.#watch();
  }

  /** Loads every model off the JS thread. @throws one QuorateError that lists every problem */
  static async open(addon: NativeAddon, spec: ResolvedSpec, lowered: NativeSpec): Promise<Engine> {
    let engine: Engine;
    try {
      engine = new Engine(addon, spec, lowered);
    } catch (thrown) {
      throw toQuorateError(thrown);
    }
    await engine.#built.promise;
    return engine;
  }

  get info(): CascadeInfo {
    if (this.#info === undefined) throw new QuorateError("QUORATE_ERR_INTERNAL", "the cascade is not built.");
    return this.#info;
  }

  /** False as soon as close() was called. */
  get open(): boolean {
    return this.#closed === undefined;
  }

  run(input: unknown, options: CallOptions): Promise<Answer> {
    try {
      this.#checkOpen("run");
      return this.#row(input, lowerCallOptions("run", options, "reject"), options.signal);
    } catch (thrown) {
      return Promise.reject(toQuorateError(thrown));
    }
  }

  /** Back-pressure for streams: the rows wait at the admission bounds, and only so many are read ahead. */
  stream(source: RowSource, options: StreamOptions): AsyncGenerator<StreamAnswer, void, undefined> {
    return streamRows(this.#streamedRow, source, options, 4 * this.spec.tiers[0].batch.maxRows, this.#closing.signal);
  }

  runBatch(input: unknown, options: BatchCallOptions): Promise<BatchAnswer> {
    try {
      this.#checkOpen("runBatch");
      const native = lowerCallOptions("runBatch", options, "wait");
      const checked = checkInputs(this.info.inputs, input, options.rows);
      // After the input was read: its getters may call run().
      this.#block?.flush();
      const answer = this.#calls.batch({
        signal: options.signal,
        lazy: checked.lazy,
        submit: (id) => this.#native.submitBatch(id, checked.rows, checked.native, native),
        cancel: this.#cancel,
      });
      return this.#watched(answer);
    } catch (thrown) {
      return Promise.reject(toQuorateError(thrown));
    }
  }

  counters(): CascadeCounters {
    this.#block?.flush();
    try {
      return liftCounters(this.#native.counters(), this.spec, this.#members.traffic);
    } catch (thrown) {
      throw toQuorateError(thrown);
    }
  }

  /** By tier: most rows of a batch that fit in memory; null: no run has failed for want of it. */
  memoryRows(): readonly (number | null)[] {
    return this.#native.counters().tiers.map(({ memoryRows }) => memoryRows || null);
  }

  /** FLOPs, measured once, by one profiled run per model. */
  profile(): Promise<Profile> {
    if (this.#profiled === undefined) {
      if (this.#closed !== undefined) return Promise.reject(closedError());
      this.#profiled = deferred();
      this.#watch();
      const { promise } = this.#profiled;
      this.#native.profile();
      return promise;
    }
    return this.#profiled.promise;
  }

  /** Reads every model file, each time. @throws when a file is no longer the one that was loaded */
  hashes(): Promise<HashTable> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
    if (this.#hashed === undefined) {
      this.#hashed = deferred();
      this.#watch();
      const { promise } = this.#hashed;
      this.#native.hash();
      return promise;
    }
    return this.#hashed.promise;
  }

  /** A second close gives the promise of the first. */
  close(drainMs: number): Promise<void> {
    try {
      refuseReentry(this, "close");
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    if (this.#closed === undefined) {
      this.#block?.flush();
      this.#closed = deferred();
      this.#watch();
      this.#native.close(drainMs);
      this.#closing.abort();
    }
    return this.#closed.promise;
  }

  readonly #streamedRow: RunRow = (input, native, signal) => {
    try {
      this.#checkOpen("stream");
      return this.#row(input, native, signal);
    } catch (thrown) {
      return Promise.reject(toQuorateError(thrown));
    }
  };

  /** One row, with checked options. @throws what is wrong with the input */
  #row(input: unknown, native: NativeCallOptions, signal: AbortSignal | undefined): Promise<Answer> {
    const id = this.#calls.nextId;
    if (this.#block?.add(id, input, native)) return this.#watched(this.#calls.row(signal, undefined, this.#cancel));
    const checked = checkInputs(this.info.inputs, input, 1);
    this.#block?.flush();
    const answer = this.#calls.row(signal, checked.lazy, this.#cancel);
    try {
      this.#native.submitRows(id, 1, checked.native, native);
    } catch (thrown) {
      this.#calls.refuseRows(id, 1, thrown);
    }
    return this.#watched(answer);
  }

  #checkOpen(method: string): void {
    refuseReentry(this, method);
    if (this.#closed !== undefined) throw closedError();
  }

  readonly #cancel = (id: number): void => {
    this.#block?.flush();
    this.#native.cancel(id);
    this.#watch();
  };

  #watched<T>(answer: Promise<T>): Promise<T> {
    this.#watch();
    return answer;
  }

  /** Whatever waits for a hook keeps this engine alive. */
  #watch(): void {
    const waits =
      this.#calls.waiting > 0 ||
      this.#info === undefined ||
      (this.#profiled !== undefined && this.#profile === undefined) ||
      this.#hashed !== undefined ||
      this.#closed !== undefined;
    const keep = waits && !this.#done;
    if (keep === this.#kept) return;
    this.#kept = keep;
    keepAlive(this, keep);
  }

  #finish(): void {
    this.#done = true;
    this.#watch();
  }

  #makeHooks(): NativeHooks {
    return {
      onBuilt: (error, native) => {
        if (native !== null) {
          const info = liftInfo(native, this.spec);
          this.#info = info;
          this.#block = new RowBlock(this.#native, info.inputs, this.spec.maxRowsInFlight, (id, count, thrown) =>
            this.#calls.refuseRows(id, count, thrown),
          );
          this.#built.resolve(info);
          this.#watch();
          return;
        }
        this.#finish();
        const problems = (error?.problems ?? []).map(({ code, message }) => ({ code: toCode(code), message }));
        const fallback = { code: toCode(error?.code), message: error?.message ?? "the cascade could not be built." };
        this.#built.reject(errorFromProblems("the cascade", problems.length > 0 ? problems : [fallback]));
      },
      onRows: (rows) => {
        this.#calls.settleRows(rows, this.#legend);
        this.#watch();
      },
      onBatch: (id, columns) => {
        this.#calls.settleBatch(id, arraysOfThisRealm(columns), this.#legend);
        this.#watch();
      },
      onMemberCall: (callId, tier, member, count, tensors, rows, rowCall, deadlineNs, priority, offsets) => {
        const context = this.#calls.contextOf(rowCall);
        const [own, ids] = [tensors.map(ofThisRealm), ofThisRealm(rows)];
        const starts = offsets.map((list) => list && ofThisRealm(list));
        const call = {
          callId,
          tier,
          member,
          count,
          tensors: own,
          rows: ids,
          context,
          deadlineNs,
          priority,
          offsets: starts,
        };
        void this.#members.answer(call, this, this.#native, this.info, this.#calls.keepCause);
      },
      onMemberCancel: (callId) => this.#members.cancel(callId),
      onLazy: (id, tensor, rows) => {
        const lazy = this.#calls.lazyOf(id);
        if (lazy === undefined)
          return this.#native.provide(id, tensor, rows, null, "nobody waits for the call any more.", 0);
        void lazy.provide(id, tensor, ofThisRealm(rows), this, this.#native, this.info.inputs, this.#calls.keepCause);
      },
      onProfiled: (error, flops) => {
        if (flops === null) {
          this.#profiled?.reject(new QuorateError(toCode(error?.code), error?.message ?? "profiling failed."));
          this.#profiled = undefined;
        } else {
          this.#profile = liftFlops(flops, this.spec);
          this.#legend = { ...this.#legend, flops: this.#profile.flops };
          this.#profiled?.resolve(this.#profile);
        }
        this.#watch();
      },
      onHashed: (error, sha256) => {
        if (sha256 === null)
          this.#hashed?.reject(new QuorateError(toCode(error?.code), error?.message ?? "hashing failed."));
        else this.#hashed?.resolve(liftHashes(sha256));
        this.#hashed = undefined;
        this.#watch();
      },
      onInvalid: (tier, member, rows, invalid) => {
        const warning = invalidVotesWarning(this.info, { tier, member, rows, invalid });
        if (warning !== undefined) this.onWarning(warning);
      },
      onClosed: () => {
        this.#calls.rejectAll();
        this.#profiled?.reject(closedError());
        this.#hashed?.reject(closedError());
        this.#closed?.resolve();
        this.#finish();
      },
    };
  }
}

function legendOf({ classNames, tiers }: ResolvedSpec): Legend {
  return {
    classNames,
    tiers: tiers.map(({ name, members }) => ({ name, members: members.map((member) => member.name) })),
    flops: undefined,
  };
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: QuorateError) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Waited for later, or never: a failure without a listener is not an unhandled one.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
