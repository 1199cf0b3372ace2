/**
 * The types of the native addon: the one place where TypeScript and C++ meet.
 * `native/addon/` implements exactly this; plain data crosses, nothing else. Every field is
 * given: the addon has no defaults. Durations are nanoseconds, or milliseconds where the name says so.
 */
import type { RuntimePaths } from "../runtime/cuda.js";
import type { TensorData } from "../spec/element-type.js";
import type { NativeCounters, NativeInfo } from "./info.js";
import type { NativeSpec } from "./lowered.js";
import type { NativeColumns, NativeError, NativeRows } from "./results.js";

/** May not change once it was given to a call. */
export interface NativeCallOptions {
  /** 0 highest ... 9 lowest. */
  readonly priority: number;
  /** Milliseconds from now; 0 = none. */
  readonly deadlineMs: number;
  readonly degradeOnDeadline: boolean;
  /** What comes back beside the answers: "votes" are traces; "outputs", of batches only, every member's output. */
  readonly detail: "answers" | "votes" | "outputs";
  /** Over the admission bounds, and at full queues of tiers without `onOverload`: wait (true) or _QUEUE_FULL (false). */
  readonly wait: boolean;
  /** runBatch: copy the input at once instead of reading it in place, or throw _QUEUE_FULL where there is no room. */
  readonly copy: boolean;
}

/** Rows of a ragged tensor: offsets have an entry more than rows. */
export interface NativeRaggedData {
  readonly data: TensorData;
  readonly offsets: Uint32Array;
}

/** Entry per request tensor, in table order: the data, null when not given, true when given as a function. */
export type NativeInputs = readonly (TensorData | NativeRaggedData | null | true)[];

/**
 * Calls from the engine into JavaScript, always on the JS thread, never during another native call. onMemberCall,
 * onMemberCancel and onLazy come in an empty asynchronous context.
 */
export interface NativeHooks {
  /** `error.problems` lists every problem found. */
  onBuilt(error: (NativeError & { readonly problems: readonly NativeError[] }) | null, info: NativeInfo | null): void;
  /** The object and its arrays are used again: what is to be kept is copied before the hook returns. */
  onRows(rows: NativeRows): void;
  onBatch(id: number, columns: NativeColumns): void;
  /**
   * A function member is to answer `count` rows; reply with completeMember. `rows` are indices in their own request.
   * `rowCall` is the id of the call that all rows belong to, 0 when they are of several. `deadlineNs`: what is left of
   * the rows' earliest deadline, null without; `priority`: their highest.
   */
  onMemberCall(
    callId: number,
    tier: number,
    member: number,
    count: number,
    tensors: readonly TensorData[],
    rows: Uint32Array,
    rowCall: number,
    deadlineNs: number | null,
    priority: number,
    /** Per tensor: of a ragged one's rows; null: it is not ragged. */
    offsets: readonly (Uint32Array | null)[],
  ): void;
  /** The call's rows are all dead, it timed out, or the cascade closes: abort its signal. */
  onMemberCancel(callId: number): void;
  /** Rows of a call reached a tier that needs a tensor given as a function; reply with provide. */
  onLazy(id: number, tensor: number, rows: Uint32Array): void;
  /** FLOPs per row, [tier][member], or the reason why they are not known. */
  onProfiled(error: NativeError | null, flops: readonly (readonly (number | string)[])[] | null): void;
  /** SHA-256 of every model's file and its external data, hexadecimal, [tier][member]; empty for functions. */
  onHashed(error: NativeError | null, sha256: readonly (readonly string[])[] | null): void;
  /** More than half of the last `rows` rows of a member have become invalid votes. */
  onInvalid(tier: number, member: number, rows: number, invalid: number): void;
  onClosed(): void;
}

/** A row, of those that a function member was to answer, on which it failed. */
export interface NativeFailedRow {
  readonly row: number;
  readonly message: string;
  /** The number of its error; 0 = none. */
  readonly cause: number;
}

export interface NativeCascade {
  /**
   * Rows that are calls of their own, with the ids from `id` on and the same options. Copies their tensors before it
   * returns. Returns how many of them, from the first, were taken; throws a coded error when none was.
   */
  submitRows(id: number, rows: number, inputs: NativeInputs, options: NativeCallOptions): number;
  /** Reads the tensors in place until onBatch(id), unless options.copy. Throws a coded error. */
  submitBatch(id: number, rows: number, inputs: NativeInputs, options: NativeCallOptions): void;
  /** Settles what can be settled of the call as cancelled; unknown ids are ignored. */
  cancel(id: number): void;
  /**
   * data: Int32Array labels [count] or Float32Array scores [count x classes]; null = failed, with the message and the
   * number of what was thrown (uint32, 0 = none), which comes back as NativeError.cause. `failedRows`, ascending, failed
   * by themselves: their data is not used.
   */
  completeMember(
    callId: number,
    data: Int32Array | Float32Array | null,
    message: string,
    cause: number,
    failedRows?: readonly NativeFailedRow[],
  ): void;
  /** data: the rows' tensor data in the order of `rows`; null = failed, as above. Copied before it returns. */
  provide(id: number, tensor: number, rows: Uint32Array, data: TensorData | null, message: string, cause: number): void;
  counters(): NativeCounters;
  /** Starts profiling; answers through onProfiled. */
  profile(): void;
  /** Starts to hash the models' files, a few hundred MB/s; answers through onHashed. */
  hash(): void;
  /** Idempotent; answers through onClosed. */
  close(drainMs: number): void;
}

/** What a machine offers to models in addition to its CPU, as far as it could be found; CudaReport of native/cuda_setup/report.h. */
export interface NativeCudaReport {
  /** Empty without a driver. */
  readonly driverPath: string;
  /** 13020 for CUDA 13.2; 0 when unknown. */
  readonly driverVersion: number;
  readonly devices: readonly {
    readonly name: string;
    readonly memoryBytes: number;
    readonly computeCapability: string;
  }[];
  readonly providerPath: string;
  readonly providerVersion: string;
  /** What the provider needs; an empty path means that it was not found. */
  readonly libraries: readonly { readonly name: string; readonly path: string }[];
  /** The first thing that is missing; empty when nothing is. */
  readonly problem: string;
  /** The command that fixes it; empty when there is none. */
  readonly remedy: string;
}

export interface NativeDeviceReport {
  readonly runtime: { readonly version: string; readonly path: string; readonly telemetryOff: boolean };
  readonly cuda: NativeCudaReport;
}

/** How many threads compute, and what says so; what a program sets overrides the variable, and that the rest. */
export interface NativeThreads {
  readonly count: number;
  readonly reason: "affinity" | "quota" | "variable" | "program";
}

export interface NativeAddon {
  /** The package version the binary was built for. */
  readonly version: string;
  cuda(): { readonly devices: number; readonly reason: string };
  /**
   * Opens ONNX Runtime and, where nothing is missing, its CUDA provider. Takes the JS thread for as long as that
   * lasts: for the command line. Throws a coded error when there is no ONNX Runtime.
   */
  inspectDevices(paths: RuntimePaths): NativeDeviceReport;
  threads(): NativeThreads;
  /** Ignored where a later reason has decided. Threads too many finish their task first. Throws for other counts than 1 to 1024. */
  setThreads(threads: { readonly count: number; readonly reason: "variable" | "program" }): void;
  /** Returns at once; models load off the JS thread; hooks.onBuilt reports. Throws only for malformed arguments. */
  createCascade(spec: NativeSpec, hooks: NativeHooks): NativeCascade;
}
