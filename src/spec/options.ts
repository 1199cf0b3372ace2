/** Everything a user can say about a cascade, a tier and a member. All of it but functions and bytes is JSON. */
import type { Measure } from "./columns.js";
import type { ElementType, TensorData } from "./element-type.js";
import type { Rule } from "./rules.js";

/** What a member gives: raw logits, scores in [0, 1], or class numbers. */
export type OutputKind = "logits" | "probabilities" | "label";

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

/** A number or a flag, arrays of them nested as the input has dimensions, or a typed array in row-major order. */
export type Constant = number | bigint | boolean | TensorData | readonly Constant[];

/** An ONNX model: a path, a file: URL, or bytes. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer;

/** A member that is an ONNX model. */
export interface ModelMember {
  /** The file, by its path or file: URL, or its bytes (copied while the cascade is built). */
  readonly model: ModelSource;
  /** For messages and counters. @default the file's name; of bytes "model 2" for the second member of its tier */
  readonly name?: string;
  /** Request tensor for each model input. @default every input reads the tensor of its own name */
  readonly inputs?: Readonly<Record<string, string>>;
  /**
   * Inputs without a batch, by the model's names: the same for every row, in the type that the model declares. They go
   * before the cascade's. @default {}
   */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** @default "label" for an integer output without a class dimension, else "logits" */
  readonly output?: OutputKind;
  /** The ONNX output to use. @default the only one */
  readonly outputName?: string;
  /** Divides logits before softmax; finite, > 0. Not for probabilities and labels. @default 1 */
  readonly temperature?: number;
  /**
   * The cascade's class names in this member's own order: of its scores, or of its labels 0, 1, 2 and so on.
   * @default the cascade's order
   */
  readonly classes?: readonly string[];
  /**
   * The values that its label output has for its classes, in the order of `classes`: [1, 2, 3], or [-1, 1]. What
   * scikit-learn calls `classes_`. A row with any other value has no vote. @default [0, 1, 2, ...]
   */
  readonly labels?: readonly number[];
  /** FLOPs per row, instead of the profiled figure. @default measured by one profiled run */
  readonly flopsPerRow?: number;
}

/** A request tensor that no model of the cascade reads. */
export interface TensorDeclaration {
  readonly type: ElementType;
  /**
   * Shape of one row, without the batch dimension; [] for one number. The first is a name where the cascade's `tensors`
   * say that it is ragged.
   */
  readonly rowShape: readonly (number | string)[];
}

/** A request tensor whose rows have several lengths along their first dimension, as texts have tokens. */
export interface RaggedTensor {
  readonly ragged: true;
  /**
   * The length's name, then the other dimensions. In a row, tensors whose length has the same name are of the same
   * length. @default ["length", ...what the models say]
   */
  readonly rowShape?: readonly (number | string)[];
  /**
   * The element with which rows are filled up to the longest of their batch; for models that do not heed it, as they read
   * a mask beside. @default only rows of equal length share a batch
   */
  readonly pad?: number;
  /** Longer rows are refused. @default none */
  readonly maxLength?: number;
}

/** Rows for a function member. */
export interface MemberBatch {
  /**
   * Row-major data [count, ...rowShape] per tensor: copies, which the function may keep. Rows of ragged tensors lie one
   * after the other, without padding.
   */
  readonly tensors: Readonly<Record<string, TensorData>>;
  /** Per ragged tensor where its rows begin and the last one ends, count + 1 numbers from 0, in steps of its length. */
  readonly offsets: Readonly<Record<string, Uint32Array>>;
  readonly count: number;
  /** Index of each row in its own request (0 for `run`). */
  readonly rows: Uint32Array;
}

/** How a function member is called. */
export interface MemberContext {
  /** Aborts when the answer is no longer needed, the call timed out or the cascade closes. */
  readonly signal: AbortSignal;
  /** Milliseconds left until the first of the batch's rows expires, when the function is called; null: none has a deadline. */
  readonly deadlineMs: number | null;
  /** The highest priority of the batch's rows: 1 highest ... 9 lowest. */
  readonly priority: number;
  /**
   * What this call has cost beyond what quorate can see. May be called more than once, before the function's promise
   * settles. Bytes replace those of the tensors, which are counted where nothing is reported.
   */
  report(cost: MemberReport): void;
}

/** What a call of a function member has moved over a network, and cost. Finite numbers of at least 0. */
export interface MemberReport {
  /** Bytes sent. @default the bytes of the tensors handed to the function */
  readonly bytesSent?: number;
  /** Bytes received. @default the bytes of what it returned */
  readonly bytesReceived?: number;
  /** Money in the currency of the prices, on top of them. @default 0 */
  readonly cost?: number;
}

/**
 * What a function member gives for the rows it was handed, in their order: labels as Int32Array [count] (-1 = abstain)
 * or, with another `output`, scores as Float32Array [count, classes]. Or a plain array with an entry per row: its label
 * or its scores, or an Error, which fails this row alone.
 */
export type MemberReply =
  | Int32Array
  | Float32Array
  | readonly (number | Error)[]
  | readonly (Float32Array | readonly number[] | Error)[];

/**
 * Any async function as a member. Throwing, timing out or a wrong length makes the member abstain on all rows of the
 * call; see `splitOnFailure`. Where all rows are of one call it runs in the asynchronous context of that call
 * (AsyncLocalStorage), else in an empty one.
 */
export type MemberFunction = (batch: MemberBatch, context: MemberContext) => Promise<MemberReply> | MemberReply;

/** A member that is a function. */
export interface FunctionMember {
  readonly run: MemberFunction;
  /** For messages and counters. @default the function's name, else "function 2" for the second member of its tier */
  readonly name?: string;
  /** Request tensors that it reads, by name; with a declaration if no model reads the tensor. @default all of them */
  readonly inputs?: readonly string[] | Readonly<Record<string, TensorDeclaration>>;
  /** @default "label" */
  readonly output?: OutputKind;
  /** Divides logits before softmax; finite, > 0. Only for logits. @default 1 */
  readonly temperature?: number;
  /**
   * The cascade's class names in its own order: of its scores, or of its labels 0, 1, 2 and so on.
   * @default the cascade's order
   */
  readonly classes?: readonly string[];
  /**
   * The values that it gives as labels for its classes, in the order of `classes`: [1, 2, 3]. -1 abstains, unless it is
   * one of them; a row with any other value has no valid vote. @default [0, 1, 2, ...]
   */
  readonly labels?: readonly number[];
  /** Milliseconds until a call counts as failed. @default 30000 */
  readonly timeoutMs?: number;
  /**
   * Call it again, with halves of the rows, when a call fails that had several: until the rows are known on which it
   * fails. Up to 2 log2 n + 2 more calls for each such row of n, and each may cost money. Without it, one row that the
   * function rejects fails all rows of the call; a function that knows which it is gives an Error in its place.
   * @default false
   */
  readonly splitOnFailure?: boolean;
  /** @default free */
  readonly price?: CallPrice;
  /** FLOPs per row, if known. @default unknown */
  readonly flopsPerRow?: number;
}

/** A model, a model or function with options, or a bare async function that gives labels. */
export type Member = ModelSource | ModelMember | MemberFunction | FunctionMember;

/** How rows are collected into batches at a tier. */
export interface BatchOptions {
  /**
   * Most rows of one batch. Larger ones cost less per row, but a row waits for all that run with it, and the models'
   * intermediate tensors grow with it. Lower it for models that take milliseconds per row. @default 256
   */
  readonly maxRows?: number;
  /**
   * Milliseconds a row may wait for others while the tier could run it at once. Costs that latency under light load
   * and nothing under heavy load, where batches fill anyway. Raise it to 1 or 2 for calls that are paid for one by one,
   * or for a GPU with little to do. @default 0
   */
  readonly maxDelayMs?: number;
  /** Rows that may wait at this tier before `onOverload` decides about the next one. @default 65536 */
  readonly maxQueueRows?: number;
  /**
   * Batches of this tier that run at once. On the CPU two keep the threads busy while one is being gathered; more cost
   * memory and latency. On a device it is the number of batches whose memory is reserved there. Functions that wait for
   * a service gain from more: it is the number of calls in flight. @default 2, for a tier with a function 8
   */
  readonly maxInFlight?: number;
}

/** How a tier's models run on a CUDA device. Without effect on the CPU. */
export interface CudaOptions {
  /**
   * Record the work of each model and batch size once, as a CUDA graph, and replay it. Saves the CPU most of the time
   * to launch kernels: try it for models with many small layers, where the counters show a GPU that is seldom busy. Costs
   * device memory per batch size, and time to build. Every node must run on the device, and while graphs are recorded,
   * no other cascade of the process may use CUDA. @default false
   */
  readonly graphs?: boolean;
  /**
   * Use TF32 for matrix products and convolutions. Faster on GPUs since Ampere, but factors are rounded to ten bits of
   * mantissa: scores move by about 1e-3, and rows close to a threshold may leave at another tier than on the CPU. Check
   * accuracy and thresholds again when you turn it on. @default false
   */
  readonly tf32?: boolean;
  /**
   * Most bytes of device memory for each model's weights and intermediate tensors. A model that needs more fails.
   * For GPUs that are shared with other processes. @default no limit
   */
  readonly memoryLimitBytes?: number;
  /**
   * How cuDNN chooses the algorithm of each convolution. "heuristic" takes its guess, at no cost. "exhaustive" times
   * all of them, once per convolution and batch size: building takes seconds more and needs memory for the trials, and
   * convolutional networks may run faster from then on. "default" takes the one that always works, in case the others
   * fail. Without effect on models that have no convolution. @default "heuristic"
   */
  readonly convSearch?: "heuristic" | "exhaustive" | "default";
}

/** One tier: members that vote together, and the rule by which rows leave. */
export interface TierOptions {
  /** 1 ... 64 members. */
  readonly members: readonly Member[];
  /**
   * When a row leaves with this tier's answer; other rows go on to the next tier. Required on every tier but the last,
   * which answers every row; there it only sets `agreed`.
   */
  readonly exitWhen?: Rule;
  /**
   * Which label the tier answers. "vote": that of most members; of several, the one with the larger mean score. "mean":
   * the one with the largest mean score, so that one member that is sure outweighs two that are not. "mean" costs
   * nothing more, but needs scores (no labels) and members that are calibrated alike, see `temperature`. Choose it with
   * rules on confidence, margin and entropy, since these judge the label with the largest mean. @default "vote"
   */
  readonly combine?: "vote" | "mean";
  /**
   * Whose scores the mean is over. "tier": this tier's members alone. "cumulative": the members of all earlier tiers
   * too, which steadies the mean where tiers are small; votes stay this tier's own. Every row then carries its sums (4
   * bytes per class) from tier to tier, on GPUs by way of the host, and earlier tiers of labels are not allowed. Keep the
   * default unless a comparison on your data shows a gain. @default "tier"
   */
  readonly evidence?: "tier" | "cumulative";
  /**
   * "concurrent": all members run at once on every row. "sequential": one after the other, in the order given, until no
   * other member could change whether the row leaves and with which label. Saves member runs, most where many members
   * mostly agree; costs latency, and answers that stopped early say `partial` and have measures over fewer members. For
   * members that are expensive or paid for. On devices members always run at once. @default "concurrent"
   */
  readonly execution?: "concurrent" | "sequential";
  /**
   * Where the tier's models run. "cuda" (the same as "cuda:0") and "cuda:N" are an error at build() where that is not
   * possible; "auto" is "cuda:0" where all of the tier can run there, else the CPU, and `explain()` says why.
   * @default "auto"
   */
  readonly device?: Device;
  /** How its models run on a GPU. @default the default of every option */
  readonly cuda?: CudaOptions;
  /** How its rows are collected into batches. @default the default of every option */
  readonly batch?: BatchOptions;
  /** What `cost()` charges for it. @default free */
  readonly price?: Price;
  /**
   * A row comes to this tier and its queue is full: refuse the row, answer with the last finished tier (`degraded`), or
   * wait. Waiting costs memory and time, but loses no answer. @default as the call's `onFull` says
   */
  readonly onOverload?: "reject" | "degrade" | "wait";
  /**
   * Every member failed on a row: reject it with the member's error, let it go on to the next tier (not at the last), or
   * answer with the last finished tier (`degraded`; rejected where none has answered). @default "reject"
   */
  readonly onFailure?: "reject" | "defer" | "degrade";
}

/** Options of the whole cascade. */
export interface CascadeOptions {
  /**
   * Names of the classes in the cascade's order, or their number. Names come back as `labelName`, and let members name
   * their classes in another order. Needed where no model tells the number: when all members are functions or give
   * labels. @default the number that the models tell
   */
  readonly classes?: readonly string[] | number;
  /** Row shapes, without the batch dimension, of request tensors whose models leave dimensions open. @default {} */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Request tensors whose rows have several lengths. @default {} */
  readonly tensors?: Readonly<Record<string, RaggedTensor>>;
  /**
   * Inputs without a batch, such as a gain or a flag, by request tensor: the same for every row and every model that
   * reads them. @default {}
   */
  readonly constants?: Readonly<Record<string, Constant>>;
  /**
   * Numbers to report with every answer. Each costs 4 bytes per row, and entropy a logarithm per class; what is not
   * asked for is null in answers and NaN in columns. Rules compute what they compare, whether it is reported or not.
   * @default ["score", "confidence", "margin"]
   */
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
   * Rows admitted at once; over it a call's `onFull` decides. Single rows and large batches leave an eighth of it to each
   * other; a batch of few rows counts as single rows. @default 65536
   */
  readonly maxRowsInFlight?: number;
  /**
   * Bytes of copied rows held at once: those of `run`, `stream` and `copy: true`. Above it `stream` waits and other
   * calls reject; a call that is larger is admitted alone. @default 268435456 (256 MiB)
   */
  readonly maxBytesInFlight?: number;
  /**
   * Device memory for the inputs of deferred rows that wait on a GPU for their next tier there. A row for which there is no room
   * is uploaded again from the host's copy, which costs transfer time and nothing else. Raise it where rows are large
   * (images) and `bytesToDevice` of a later tier grows in the counters; 0 keeps none there. Without effect unless two
   * tiers in a row are on one GPU. @default 67108864 (64 MiB)
   */
  readonly deviceQueueBytes?: number;
  /**
   * Milliseconds for which a thread that has run out of work keeps looking for more before it sleeps. Waking a thread
   * takes some 40 us, so 0.05 takes that off the latency of callers that come one at a time, and costs a busy
   * core for as long after every call. Keep 0 if many calls are in flight: threads seldom sleep then. @default 0
   */
  readonly spinMs?: number;
  /**
   * Run every model while building. On the CPU on 8 rows, together and one by one: that takes the first run's cost off
   * the first callers, tells the engine how long a row takes, and fills `batchDifference`. On a GPU once per batch size,
   * which also reserves the memory. Costs build() those runs; turn it off in tests and tools that answer a few rows.
   * @default true
   */
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
