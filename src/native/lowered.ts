/** What the addon gets of a specification. Times are nanoseconds. */
import type { RuntimePaths } from "../runtime/cuda.js";
import type { ElementType } from "../spec/element-type.js";
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
