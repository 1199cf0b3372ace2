/** What was loaded, as public plain data; null = not known. */
import type { ElementType, RequestTensor } from "../spec/element-type.js";
import type { OutputKind, Price } from "../spec/options.js";

/** The ONNX Runtime library in use. */
export interface RuntimeInfo {
  readonly version: string;
  readonly path: string;
  /** False when another user of the library had opened it before telemetry could be turned off. */
  readonly telemetryOff: boolean;
}

/** A request tensor as one member reads it. */
export interface MemberInput {
  readonly name: string;
  readonly type: ElementType;
  /** Shape of one row, without the batch dimension; [] for one number. */
  readonly rowShape: readonly (number | string)[];
}

/** One member, as it was loaded. */
export interface MemberInfo {
  readonly name: string;
  /** In the order in which the member reads them. */
  readonly inputs: readonly MemberInput[];
  readonly output: OutputKind;
  readonly outputType: ElementType;
  /** Numbers that the member gives for one row: its classes, or 1 for a label. */
  readonly outputWidth: number;
  /** The only batch size that the model takes, smaller batches are padded to it; null: any. */
  readonly fixedBatch: number | null;
  /** "cpu", "cuda:N" or "function". */
  readonly device: string;
  /** Why not another device; null when there is nothing to say. */
  readonly deviceReason: string | null;
  /** On a device: bytes that the model has taken there for all its users, once warmed up. */
  readonly deviceBytes: number | null;
  /**
   * On a device: nodes that run on the host all the same, as "name (Operator)"; each waits for the device. Empty with
   * ONNX Runtime before 1.24, which cannot say.
   */
  readonly hostNodes: readonly string[];
  /** Largest difference of a score between 8 rows alone and together; null when not measured. */
  readonly batchDifference: number | null;
  /** The same between rows alone and padded to a longer one; null when not padded or not measured. */
  readonly padDifference: number | null;
  /**
   * The same model stands in this earlier tier, as its member of this index: what it said there about a row that went
   * on is used again, and not computed twice. null: it stands in none, or is a function or on a device.
   */
  readonly reuses: { readonly tier: string; readonly member: number } | null;
}

/** How a tier runs on a device. */
export interface TierDevice {
  /** "cuda:N". */
  readonly name: string;
  /** Batch sizes in rows, ascending: a batch runs as the smallest that holds it. */
  readonly buckets: readonly number[];
  /** Bytes of device memory of its batches; that of its models is extra. */
  readonly bytes: number;
}

/** One tier, as far as it is known without measuring. */
export interface TierInfo {
  readonly name: string;
  /** The rule in words; "every row leaves here" on a last tier without one. */
  readonly exitWhen: string;
  /** The fewest votes with which a row can leave; null when the rule does not count votes. */
  readonly requiredVotes: number | null;
  readonly combine: "vote" | "mean";
  readonly evidence: "tier" | "cumulative";
  readonly execution: "concurrent" | "sequential";
  readonly members: readonly MemberInfo[];
  /** How it runs on a GPU; null: on the host. */
  readonly device: TierDevice | null;
  readonly price: Price;
}

/** A built cascade. */
export interface CascadeInfo {
  readonly runtime: RuntimeInfo;
  /** Number of classes. */
  readonly classes: number;
  readonly inputs: readonly RequestTensor[];
  readonly tiers: readonly TierInfo[];
  readonly warnings: readonly string[];
}

/** SHA-256 of the models, [tier][member]; null for functions. */
export type HashTable = readonly (readonly (string | null)[])[];

/** FLOPs per row, [tier][member]; null = unknown. */
export type FlopsTable = readonly (readonly (number | null)[])[];

/** FLOPs per row, and why they are not known, [tier][member]; null = they are. */
export interface Profile {
  readonly flops: FlopsTable;
  readonly reasons: readonly (readonly (string | null)[])[];
}

/** What was found of CUDA; null = not found, or not known. */
export interface CudaReport {
  readonly driverPath: string | null;
  /** 13020 for CUDA 13.2. */
  readonly driverVersion: number | null;
  readonly devices: readonly {
    readonly name: string;
    readonly memoryBytes: number;
    /** As "9.0". */
    readonly computeCapability: string;
  }[];
  readonly providerPath: string | null;
  readonly providerVersion: string | null;
  /** What the provider needs. */
  readonly libraries: readonly { readonly name: string; readonly path: string | null }[];
  /** The first thing that is missing; null when nothing is. */
  readonly problem: string | null;
  /** The command that fixes it; null when there is none. */
  readonly remedy: string | null;
}

/** What a machine offers to models, in the order in which things are needed. */
export interface MachineReport {
  /** Version of the addon; null when it could not be loaded. */
  readonly addon: string | null;
  /** Devices for the CUDA kernels, or why there are none; null without the addon. */
  readonly kernels: string | null;
  /** How many threads compute and the reason, or why that is unknown; null without the addon. */
  readonly threads: string | null;
  readonly runtime: RuntimeInfo | null;
  readonly cuda: CudaReport | null;
  /** Why addon or ONNX Runtime could not be opened; null when both were. */
  readonly problem: string | null;
}
