/** Everything a user can say about a cascade, a tier and a member. All of it but functions and bytes is JSON. */
import type { ElementType, TensorData } from "./element-type.js";
import type { Rule } from "./rules.js";

/** What a member gives: raw logits, scores in [0, 1], or class numbers. */
export type OutputKind = "logits" | "probabilities" | "label";

/** A number the cascade can report beside every answer. */
export type Measure = "score" | "confidence" | "margin" | "entropy";

/** Where a tier's models run; "cuda" is "cuda:0". */
export type Device = "auto" | "cpu" | "cuda" | `cuda:${number}`;

/** Money, in any one currency. */
export interface Price {
  /** Per hour in which the tier's device is busy with it. @default 0 */
  readonly perHour?: number;
  /** Per row that a member of the tier runs. @default 0 */
  readonly perRow?: number;
  /** Per 1e9 bytes sent to and received from function members. @default 0 */
  readonly perGigabyte?: number;
}

/** Money for a function member, on top of its tier's price. */
export interface CallPrice {
  /** Per call of the function, whatever its number of rows. @default 0 */
  readonly perCall?: number;
  /** Per row. @default 0 */
  readonly perRow?: number;
}

/** A member that is an ONNX model. */
export interface ModelMember {
  /** Path of the file, or its bytes (copied while the cascade is built). */
  readonly model: string | Uint8Array;
  /** For messages. @default the file's name, or "model" */
  readonly name?: string;
  /** Request tensor for each model input. @default every input reads the tensor of its own name */
  readonly inputs?: Readonly<Record<string, string>>;
  /** @default "label" for an integer output without a class dimension, else "logits" */
  readonly output?: OutputKind;
  /** The ONNX output to use. @default the only one */
  readonly outputName?: string;
  /** Divides logits before softmax; finite, > 0. Not for probabilities and labels. @default 1 */
  readonly temperature?: number;
  /** This member's class names in its own order, when that is not the cascade's. @default the cascade's order */
  readonly classes?: readonly string[];
  /** FLOPs per row, when the profiled figure is not wanted. @default measured by one profiled run */
  readonly flopsPerRow?: number;
}

/** A request tensor that no model of the cascade reads. */
export interface TensorDeclaration {
  readonly type: ElementType;
  /** Shape of one row, without the batch dimension; [] for one number. */
  readonly rowShape: readonly number[];
}

/** Rows for a function member. */
export interface MemberBatch {
  /** Row-major data [count, ...rowShape] per tensor; valid until the function's promise settles. */
  readonly tensors: Readonly<Record<string, TensorData>>;
  readonly count: number;
  /** Index of each row in its own request (0 for `run`). */
  readonly rows: Uint32Array;
}

/** How a function member is called. */
export interface MemberContext {
  /** Aborts when nobody waits for the answer any more, the call timed out or the cascade closes. */
  readonly signal: AbortSignal;
}

/**
 * Any async function as a member: gives labels as Int32Array [count] (-1 = abstain) or, with another `output`,
 * scores as Float32Array [count, classes]. Throwing, timing out or a wrong length makes the member abstain.
 */
export type MemberFunction = (
  batch: MemberBatch,
  context: MemberContext,
) => Promise<Int32Array | Float32Array> | Int32Array | Float32Array;

/** A member that is a function. */
export interface FunctionMember {
  readonly run: MemberFunction;
  /** For messages. @default the function's name, or "function" */
  readonly name?: string;
  /** Request tensors it wants, by name; with a declaration where no model reads the tensor. @default all of them */
  readonly inputs?: readonly string[] | Readonly<Record<string, TensorDeclaration>>;
  /** @default "label" */
  readonly output?: OutputKind;
  /** Divides logits before softmax; finite, > 0. Only for logits. @default 1 */
  readonly temperature?: number;
  /** Its class names in its own order, when that is not the cascade's. @default the cascade's order */
  readonly classes?: readonly string[];
  /** Milliseconds until a call counts as failed. @default 30000 */
  readonly timeoutMs?: number;
  /** @default free */
  readonly price?: CallPrice;
  /** FLOPs per row, if known. @default unknown */
  readonly flopsPerRow?: number;
}

/** A model's path or bytes, a model or function with options, or a bare async function that gives labels. */
export type Member = string | Uint8Array | ModelMember | MemberFunction | FunctionMember;

/** How rows gather into batches at a tier. */
export interface BatchOptions {
  /** Most rows of one batch. @default 256 */
  readonly maxRows?: number;
  /** Milliseconds a row may wait for company while the tier is idle. @default 0 */
  readonly maxDelayMs?: number;
  /** Rows that may wait before `onOverload` decides. @default 65536 */
  readonly maxQueueRows?: number;
  /** Batches that run at once. @default by the device: 2, function members 8 */
  readonly maxInFlight?: number;
}

/** How a tier's models run on a CUDA device; nothing to those on the CPU. */
export interface CudaOptions {
  /**
   * Capture a CUDA graph per model and batch size, and replay it: saves the launches of models with many small kernels.
   * Every node must run on the device; while graphs are captured, no other cascade may use CUDA. @default false
   */
  readonly graphs?: boolean;
  /** Products of float32 with ten bits of mantissa: faster, and further from what the CPU answers. @default false */
  readonly tf32?: boolean;
  /**
   * One stream and thread for all models of the device that say so, instead of one each: they run one after the other.
   * Saves threads where each model fills the device by itself. @default false
   */
  readonly sharedStream?: boolean;
  /** Bytes of device memory for each model's weights and intermediate tensors. @default no limit */
  readonly memoryLimitBytes?: number;
  /** How convolutions find their algorithm: cuDNN's guess, its better and slower one, or its fallback. @default "heuristic" */
  readonly convSearch?: "heuristic" | "exhaustive" | "default";
}

/** One tier: members that vote together, and the rule by which rows leave. */
export interface TierOptions {
  /** 1 ... 64 members. */
  readonly members: readonly Member[];
  /** Required on every tier but the last; there it only sets `agreed`. */
  readonly exitWhen?: Rule;
  /** Answer the label with most votes, or the one with the largest mean score. @default "vote" */
  readonly combine?: "vote" | "mean";
  /** "cumulative": mean scores run over this and all earlier tiers. @default "tier" */
  readonly evidence?: "tier" | "cumulative";
  /** All members at once, or one after the other until the decision is safe. @default "concurrent" */
  readonly execution?: "concurrent" | "sequential";
  /** "auto", "cpu", "cuda" or "cuda:N"; auto falls back and says why in `explain()`. @default "auto" */
  readonly device?: Device;
  /** @default every option's own */
  readonly cuda?: CudaOptions;
  readonly batch?: BatchOptions;
  /** @default free */
  readonly price?: Price;
  /**
   * A full queue: refuse the row, answer with the last finished tier, or wait.
   * @default "auto": reject rows of `run`, wait with those of `runBatch` and `stream`
   */
  readonly onOverload?: "auto" | "reject" | "degrade" | "wait";
  /**
   * When every member failed: reject the rows, or go on to the next tier (at the last: the last answer).
   * @default "reject"
   */
  readonly onFailure?: "reject" | "degrade";
}

/** Options of the whole cascade. */
export interface CascadeOptions {
  /** Names of the classes in the cascade's order, or their number. @default from the models */
  readonly classes?: readonly string[] | number;
  /** Row shapes of request tensors whose models leave dimensions open. @default {} */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Numbers to report beside every answer; rules work without. @default ["score", "confidence", "margin"] */
  readonly measures?: readonly Measure[];
  /**
   * The ONNX Runtime library; a bare file name is for the system's loader.
   * @default QUORATE_ONNXRUNTIME_PATH, else that of the installed onnxruntime-node, else the system's
   */
  readonly onnxruntimePath?: string;
  /**
   * ONNX Runtime's CUDA provider, libonnxruntime_providers_cuda.so or its folder, of the same version as the library.
   * @default QUORATE_CUDA_PROVIDER, else the one beside the library, else that of Python's onnxruntime-gpu
   */
  readonly cudaProviderPath?: string;
  /**
   * Folders with CUDA's libraries, joined as in PATH; a folder of Python packages counts with all that lie in it.
   * @default QUORATE_CUDA_LIBRARIES, else LD_LIBRARY_PATH, Python's packages, CUDA's own folder, the system's loader
   */
  readonly cudaLibraryPath?: string;
  /**
   * Rows admitted at once; over it `run` rejects and `runBatch` and `stream` wait. Single rows and batches leave an
   * eighth of it to each other. @default 65536
   */
  readonly maxRowsInFlight?: number;
  /**
   * Bytes of copied rows held at once: those of `run`, `stream` and `copy: true`. Over it `stream` waits and others
   * reject; a call that is larger comes in alone. @default 268435456 (256 MiB)
   */
  readonly maxBytesInFlight?: number;
  /** Bytes of deferred rows that stay on GPUs between tiers; other rows go up again. @default 67108864 (64 MiB) */
  readonly deviceQueueBytes?: number;
  /** Milliseconds an idle thread spins before it sleeps: CPU for latency. @default 0 */
  readonly spinMs?: number;
  /** Run every member once per batch size while building. @default true */
  readonly warmup?: boolean;
}

/** A tier with its name, as `cascade.json` has it. */
export interface TierSpec extends TierOptions {
  /** Unique in the cascade; answers carry it. */
  readonly name: string;
}

/**
 * A whole cascade as data. Without functions and bytes it is JSON: the content of a `cascade.json`,
 * described by `schema/cascade.schema.json`.
 */
export interface CascadeSpec extends CascadeOptions {
  /** For editors; not used. */
  readonly $schema?: string;
  /** In order, cheap first; at least one. */
  readonly tiers: readonly TierSpec[];
}
