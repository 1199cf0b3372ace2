/** What the addon says of a cascade: what it was built of, and what it has counted. Times are nanoseconds. */
import type { ElementType } from "../spec/element-type.js";
import type { NativeError } from "./results.js";

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
