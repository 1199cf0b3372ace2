/**
 * The types of the native addon: the one place where TypeScript and C++ meet.
 * `native/addon/` implements exactly this; plain data crosses, nothing else. Every field is
 * given: the addon has no defaults. Durations are nanoseconds, or milliseconds where the name says so.
 */
import type { RuntimePaths } from "../runtime/cuda.js";
import type { ResultColumns } from "../spec/columns.js";
import type { ElementType, TensorData } from "../spec/element-type.js";
import type { ResolvedTier } from "../spec/resolve.js";

/** One operation of a deferral rule in postfix order; `kind` is RuleKind of native/kernels/kernels.h. */
export interface NativeRuleOp {
  readonly kind: "votes" | "score" | "confidence" | "margin" | "entropy" | "allOf" | "anyOf" | "always" | "never";
  /** allOf, anyOf: how many values it pops; else 0. */
  readonly arity: number;
  /** votes: votes needed; else 0. */
  readonly votes: number;
  /** score, confidence, margin, entropy; else 0. */
  readonly threshold: number;
}

/** An input that is the same for every row. */
export interface NativeConstant {
  readonly name: string;
  /** Of the data; the model's own may differ. */
  readonly type: ElementType;
  /** Empty: as the model declares it. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface NativeMember {
  /** For messages: the file's name, or the function's. */
  readonly name: string;
  /** Exactly one of `path` (absolute), `bytes` (copied during createCascade) and `isFunction`. */
  readonly path?: string;
  readonly bytes?: Uint8Array;
  readonly isFunction?: boolean;
  /** Pairs [model input, request tensor]; inputs not listed read the tensor of their own name. */
  readonly inputs: readonly (readonly [string, string])[];
  /** By the model's names. */
  readonly constants: readonly NativeConstant[];
  /** Function members: the request tensors it wants; empty = every tensor some model of the cascade reads. */
  readonly functionInputs: readonly NativeTensorDeclaration[];
  /** Empty: the only one. */
  readonly outputName: string;
  /** "auto": label for an integer output without a class dimension, else logits. */
  readonly output: "auto" | "logits" | "probabilities" | "label";
  readonly temperature: number;
  /** Models only, and always. */
  readonly cuda?: NativeCudaOptions;
  /** Function members: milliseconds until a call counts as failed. */
  readonly timeoutMs: number;
  /** Function members: a call that fails for several rows is repeated with fewer of them. */
  readonly splitOnFailure: boolean;
  /** Position of this member's class c in the cascade's order; empty = same order. */
  readonly classMap: Int32Array;
  /** What it writes as a label for each of its classes; empty = their numbers. */
  readonly labels: BigInt64Array;
}

/** CudaOptions of native/model/model.h. */
export interface NativeCudaOptions {
  readonly graphs: boolean;
  readonly tf32: boolean;
  /** 0 = none. */
  readonly memoryLimitBytes: number;
  readonly convSearch: "heuristic" | "exhaustive" | "default";
}

/** A request tensor that no model describes: function members only. */
export interface NativeTensorDeclaration {
  readonly name: string;
  /** Both absent when a model of the cascade reads the same tensor. -1 is open. */
  readonly type?: ElementType;
  readonly rowShape?: readonly number[];
}

/** Plain options, such as `device` and `execution`, are as the specification has them, and always there. */
export interface NativeTier extends Omit<ResolvedTier, "exitWhen" | "members" | "batch" | "cuda" | "price"> {
  readonly members: readonly NativeMember[];
  /** Postfix; empty = no rule (last tier only). */
  readonly rule: readonly NativeRuleOp[];
  readonly maxRows: number;
  readonly maxDelayNs: number;
  readonly maxQueueRows: number;
  /** 0 = the device's default. */
  readonly maxInFlight: number;
}

/** A request tensor of several lengths. */
export interface NativeRagged {
  readonly tensor: string;
  /** The length's name. */
  readonly length: string;
  /** The dimensions after the first; absent: as the models say. */
  readonly inner?: readonly number[];
  /** Absent: only rows of equal length share a batch. */
  readonly pad?: number;
  /** 0 = none. */
  readonly maxLength: number;
}

export interface NativeSpec extends RuntimePaths {
  /** Number of classes; 0 = from the models. */
  readonly classes: number;
  /** Bits of the measures to report: measureBits. */
  readonly measures: number;
  /** Concrete row shapes for tensors whose models leave dimensions open. */
  readonly shapes: readonly (readonly [string, readonly number[]])[];
  readonly ragged: readonly NativeRagged[];
  /** By request tensors' names. */
  readonly constants: readonly NativeConstant[];
  readonly maxRowsInFlight: number;
  readonly maxBytesInFlight: number;
  /** Bytes of deferred rows that stay on devices; 0 = none. */
  readonly deviceQueueBytes: number;
  readonly spinNs: number;
  readonly warmup: boolean;
  readonly tiers: readonly NativeTier[];
}

export interface NativeError {
  /** A QUORATE_ERR_* code. */
  readonly code: string;
  readonly message: string;
  /** The number that came with it out of JavaScript: of what a function member or a lazy tensor threw; absent: none. */
  readonly cause?: number;
}

/** Bits of the `flags` column: RowFlag of native/kernels/columns.h. */
export const rowFlag = { exit: 1, tied: 2, valid: 4, agreed: 8, partial: 16, degraded: 32 } as const;

/** Values of the `status` column. */
export const rowStatus = { ok: 0, invalid: 1, failed: 2, cancelled: 3, expired: 4, rejected: 5 } as const;

/** Result columns of `count` rows, in the order of the call. */
export interface NativeColumns extends ResultColumns {
  readonly count: number;
  /** Distinct errors of these rows. */
  readonly errors: readonly NativeError[];
  /** Present when some row asked for a trace: one entry per row, undefined for rows that did not. */
  readonly traces?: readonly (readonly NativeTraceTier[] | undefined)[];
  /**
   * With detail "outputs": [tier][member] that member's output of every row, in the cascade's order of classes. No
   * entries for a tier that no row reached; NaN, or -1 as a label, for rows on which the member failed or did not run;
   * -2 for a label that is no class.
   */
  readonly outputs?: readonly (readonly TensorData[])[];
}

/** One visited tier of a traced row. */
export interface NativeTraceTier {
  readonly tier: number;
  readonly label: number;
  readonly votes: number;
  readonly flags: number;
  readonly score: number;
  /** Per member: vote (-1 = abstained) and its score for that vote. */
  readonly memberVotes: Int32Array;
  readonly memberScores: Float32Array;
  /** Per member: why it has no vote on this row, null where it did not fail. Absent: none failed. */
  readonly memberErrors?: readonly (NativeError | null)[];
  readonly queueNs: number;
  readonly runNs: number;
  readonly batchRows: number;
}

/** Single rows that settled together. The arrays may be longer than `count`. */
export interface NativeRows extends NativeColumns {
  readonly ids: Float64Array;
}

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

export interface NativeTensorInfo {
  readonly name: string;
  readonly type: ElementType;
  /** -1 first where it is ragged. */
  readonly rowShape: readonly number[];
  /** Tiers that read it. */
  readonly tiers: readonly number[];
  /** Of a ragged tensor: its length's name; whether rows are padded; the longest allowed, 0 = any. */
  readonly length?: string;
  readonly padded?: boolean;
  readonly maxLength?: number;
}

export interface NativeMemberInfo {
  readonly name: string;
  readonly inputs: readonly Omit<NativeTensorInfo, "tiers">[];
  readonly output: "logits" | "probabilities" | "label";
  readonly outputType: ElementType;
  readonly outputWidth: number;
  readonly fixedBatch: number;
  /** "cpu", "cuda:N" or "function". */
  readonly device: string;
  /** Why not another device; empty when there is nothing to say. */
  readonly deviceReason: string;
  /** On a device: memory that the model has taken there for all its users, once warmed up; 0 = not known. */
  readonly deviceBytes: number;
  /**
   * On a device: nodes that run on the host all the same, as "name (Operator)"; each waits for the device. Not known to
   * ONNX Runtime before 1.24.
   */
  readonly hostNodes: readonly string[];
  /** Rows of the warm-up, and those of them without a valid vote. */
  readonly warmRows: number;
  readonly warmInvalid: number;
  /** Largest difference of a score between 8 rows alone and together; -1 when not measured. */
  readonly batchDifference: number;
  /** The same between rows alone and padded; -1 when not padded or not measured. */
  readonly padDifference: number;
  /** The tier and member before it that are the same model, whose output on a row is used again; -1: there is none. */
  readonly reusesTier: number;
  readonly reusesMember: number;
}

/** How a tier runs on a device. */
export interface NativeTierDevice {
  /** "cuda:N". */
  readonly name: string;
  /** Batch sizes, ascending: a batch runs as the smallest that holds it. */
  readonly buckets: readonly number[];
  /** Device memory of its batches; that of its models is extra. */
  readonly bytes: number;
}

export interface NativeInfo {
  readonly runtimeVersion: string;
  readonly runtimePath: string;
  /** False when another user of the library had opened it before telemetry could be turned off. */
  readonly telemetryOff: boolean;
  readonly classes: number;
  readonly tensors: readonly NativeTensorInfo[];
  readonly tiers: readonly {
    readonly members: readonly NativeMemberInfo[];
    /** null: the members run on the host. */
    readonly device: NativeTierDevice | null;
  }[];
  readonly warnings: readonly string[];
}

export interface NativeMemberCounters {
  readonly rowsRun: number;
  readonly rowsSkipped: number;
  readonly rowsReused: number;
  readonly rowsFailed: number;
  readonly rowsPadded: number;
  readonly stepsRun: number;
  readonly stepsPadded: number;
  /** Of rowsRun: rows on which it did not fail, and gave what is no vote. */
  readonly invalidVotes: number;
  readonly runNs: number;
  /** Runs of parts of runs that had failed, and their rows. */
  readonly extraRuns: number;
  readonly rowsRepeated: number;
  /** Why it failed last, and on how many rows since it last failed otherwise; null: it has not. */
  readonly lastError: (NativeError & { readonly count: number }) | null;
}

export interface NativeTierCounters {
  readonly entered: number;
  readonly exited: number;
  readonly deferred: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly rejected: number;
  readonly inFlight: number;
  /** Of `exited`: answered without a valid vote, and degraded answers. */
  readonly invalid: number;
  readonly degraded: number;
  readonly batches: number;
  /** Most rows of a batch that fit in memory; 0: no run has failed for want of it. */
  readonly memoryRows: number;
  /** From a row's arrival in the tier until a thread takes its batch up. Summed over rows; the other times over batches. */
  readonly queueNs: number;
  /** Bringing rows together: into a batch on the host, and deferred rows that stay on a device. */
  readonly gatherNs: number;
  /** To a device; 0 on the host. */
  readonly uploadNs: number;
  /** From the first member's start to the last one's end. */
  readonly runNs: number;
  readonly reduceNs: number;
  /** From a device; 0 on the host. */
  readonly downloadNs: number;
  readonly scatterNs: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
  /** Histograms over the bounds of NativeCounters.timeBoundsNs: of rows by queue time, and of batches by run time. */
  readonly queueTimes: Float64Array;
  readonly runTimes: Float64Array;
  readonly members: readonly NativeMemberCounters[];
}

export interface NativeCounters {
  /** Rows submitted and settled so far; submitted = settled + pending. */
  readonly submitted: number;
  readonly settled: number;
  readonly pending: number;
  /** Between the buckets of every histogram, ascending: counts[i] is of times below bound i and not below bound i - 1. */
  readonly timeBoundsNs: Float64Array;
  readonly tiers: readonly NativeTierCounters[];
  /** Busy time of each device, of batches that are over, split per [tier][member] in integer nanoseconds. */
  readonly devices: readonly {
    readonly name: string;
    readonly busyNs: number;
    readonly shares: readonly (readonly number[])[];
  }[];
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
