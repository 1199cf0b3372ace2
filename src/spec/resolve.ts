/** A checked specification with every field present: the one form that everything behind `spec/` reads. */
import { defaults, type Filled, filled } from "./defaults.js";
import { type ResolvedMember, resolveMember } from "./members.js";
import type {
  BatchOptions,
  CascadeOptions,
  CascadeSpec,
  CudaOptions,
  Price,
  TierOptions,
  TierSpec,
} from "./options.js";

/** Options of a tier that are no objects of their own. */
type TierSettings = Omit<TierOptions, "members" | "batch" | "cuda" | "price">;

export type ResolvedBatch = Filled<BatchOptions, "maxInFlight">;
export type ResolvedCuda = Filled<CudaOptions, "memoryLimitBytes">;
export type ResolvedPrice = Filled<Price>;

/** A tier with every field. */
export interface ResolvedTier extends Filled<TierSettings, "exitWhen" | "onOverload"> {
  readonly name: string;
  readonly members: readonly ResolvedMember[];
  readonly batch: ResolvedBatch;
  readonly cuda: ResolvedCuda;
  readonly price: ResolvedPrice;
}

/** Options of the cascade that stay as they are. */
type CascadeSettings = Omit<CascadeOptions, "classes">;

type Paths = "onnxruntimePath" | "cudaProviderPath" | "cudaLibraryPath";

/** A cascade with every field. */
export interface ResolvedSpec extends Filled<CascadeSettings, Paths> {
  /** What the user wrote, with absolute paths. */
  readonly given: CascadeSpec;
  /** Number of classes; null: the models tell it. */
  readonly classes: number | null;
  readonly classNames: readonly string[] | null;
  /** At least one. */
  readonly tiers: readonly [ResolvedTier, ...ResolvedTier[]];
}

/** @param spec of the right shape, with absolute paths */
export function resolveSpec(spec: CascadeSpec): ResolvedSpec {
  const { classes = null } = spec;
  return {
    ...filled<CascadeSettings, Paths>(defaults.cascade, spec),
    given: spec,
    classes: typeof classes === "number" ? classes : (classes?.length ?? null),
    classNames: typeof classes === "number" ? null : classes,
    tiers: spec.tiers.map(resolveTier) as [ResolvedTier, ...ResolvedTier[]],
  };
}

/** @param tier of the right shape */
export function resolveTier(tier: TierSpec): ResolvedTier {
  return {
    ...filled<TierSettings, "exitWhen" | "onOverload">(defaults.tier, tier),
    name: tier.name,
    members: tier.members.map(resolveMember),
    batch: filled<BatchOptions, "maxInFlight">(defaults.batch, tier.batch),
    cuda: filled<CudaOptions, "memoryLimitBytes">(defaults.cuda, tier.cuda),
    price: resolvePrice(tier.price),
  };
}

export function resolvePrice(price: Price | undefined): ResolvedPrice {
  return filled<Price>(defaults.price, price);
}
