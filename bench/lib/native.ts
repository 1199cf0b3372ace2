/**
 * What only C++ can measure: floors on the same ONNX Runtime, the empty hop, native busy threads. An addon of the
 * bench (bench/native/addon), opened in the process of the contestants, so floors are measured in the same trial.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./root.js";
import { quantile } from "./statistics.js";

/** One tier of a floor: every member on `rows` rows. */
export interface FloorTier {
  readonly members: readonly string[];
  readonly rows: number;
}

export interface FloorOptions {
  /** As quorate's own search gives them: `runtimePaths`. */
  readonly runtimePaths: readonly string[];
  /**
   * Run one after the other; members and shards within a tier in parallel. At the end of a tier threads without a shard
   * wait, so a tier of few shards is no floor for a cascade that overlaps batches: give it the rows of many batches.
   */
  readonly tiers: readonly FloorTier[];
  /**
   * Rows per Run of one session (a shard). It decides how evenly the threads are loaded: 5 members on one shard keep
   * 2 threads busy for 3 Runs each, where 2.5 would do.
   */
  readonly batchRows: number;
  /** 0: one per core. */
  readonly threads: number;
  /** How often the whole is repeated within one `run()`. */
  readonly passes: number;
}

/** One `run()`: all passes, without the way to the threads and back. */
export interface FloorFigures {
  readonly ms: number;
  /** Of the process, in that time and on that way. */
  readonly cpuUs: number;
  /** Rows of the first tier, over all passes. */
  readonly rows: number;
}

/** Sessions loaded, and inputs and outputs bound, once; threads that wait between runs. */
export interface Floor {
  /** One at a time. */
  run(): Promise<FloorFigures>;
  /** Ends the threads. Only between runs. */
  close(): void;
}

export interface SingleFigures {
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
}

export interface SingleOptions {
  readonly runtimePaths: readonly string[];
  readonly model: string;
  readonly calls: number;
}

/** As quorate's own search gives them. */
export interface SearchPaths {
  readonly runtimePaths: readonly string[];
  readonly cudaProviders: readonly string[];
  readonly cudaLibraryFolders: readonly string[];
}

export interface HostVotesOptions extends SearchPaths {
  /** "cpu" or "cuda:N". */
  readonly device: string;
  /** A row leaves with so many votes; at the last tier in any case. */
  readonly tiers: readonly { readonly members: readonly string[]; readonly votes: number }[];
  readonly batchRows: number;
  /** The rows are run again and again for at least so long. */
  readonly ms: number;
}

export interface HostVotesFigures {
  readonly ms: number;
  /** Over all passes. */
  readonly rows: number;
  readonly labels: Int32Array;
}

export interface NativeBench {
  /** Loads the models and runs everything once; synchronous. */
  openFloor(options: FloorOptions): Floor;
  /**
   * The empty hop: `row` is copied to the buffer of an idle native thread, as `run()` must; the thread is woken by a
   * condition variable and settles the promise through a ThreadSafeFunction. One at a time.
   */
  hop(row: Float32Array): Promise<void>;
  /**
   * The same cascade as one would drive the provider by hand: members one after the other with tensors of the host,
   * votes and gathering on the host, on one native thread. Loads and warms up first.
   */
  hostVotes(options: HostVotesOptions, rows: Float32Array): Promise<HostVotesFigures>;
  /** `calls` Runs of one row of one model, one after the other on one native thread, nothing else. */
  singleRun(options: SingleOptions): Promise<SingleFigures>;
  /** Native threads that spin until stopped. */
  startSpinning(threads: number): void;
  stopSpinning(): void;
  /** `passes` copies of `bytes` from one buffer to another, on one native thread: bytes copied per second. */
  copyBandwidth(bytes: number, passes: number): Promise<number>;
}

/** The addon's exports (bench/native/addon/addon.cc). */
interface Addon extends Pick<NativeBench, "hop" | "hostVotes" | "startSpinning" | "stopSpinning" | "copyBandwidth"> {
  openFloor(options: FloorOptions): { run(): Promise<number>; close(): void };
  /** Microseconds of each call. */
  singleRun(options: SingleOptions): Promise<Float64Array>;
}

const addon = createRequire(import.meta.url)(join(root, "build/Release/quorate_bench.node")) as Addon;

export const nativeBench: NativeBench = {
  ...addon,
  openFloor(options) {
    const floor = addon.openFloor(options);
    const rows = (options.tiers[0]?.rows ?? 0) * options.passes;
    return {
      async run() {
        const cpu = process.cpuUsage();
        const ms = await floor.run();
        const spent = process.cpuUsage(cpu);
        return { ms, cpuUs: spent.user + spent.system, rows };
      },
      close: () => floor.close(),
    };
  },
  async singleRun(options) {
    const samples = Array.from(await addon.singleRun(options));
    return { p50Us: quantile(samples, 0.5), p95Us: quantile(samples, 0.95), p99Us: quantile(samples, 0.99) };
  },
};

const search = (await import(pathToFileURL(join(root, "dist/runtime/cuda.js")).href)) as {
  searchPaths(options: object): SearchPaths;
};

/** The library that quorate itself uses, and what it would use for CUDA. */
export const searchPaths: SearchPaths = search.searchPaths({});
export const runtimePaths: readonly string[] = searchPaths.runtimePaths;
