/// <reference lib="esnext.disposable" preserve="true" />
// `AsyncDisposable` for users whose own settings do not bring it.
export type { Answer, TraceMember, TraceTier } from "./answer.js";
export { BatchAnswer, type RowStatus, rowStatusNames } from "./batch-answer.js";
export type { CascadeBuilder } from "./builder.js";
export type { BatchCallOptions, CallOptions } from "./call-options.js";
export { Cascade, type CloseOptions, type SinceOptions } from "./cascade.js";
export type { CostFigures, CostPrices, CostReport, MemberCost, TierCost } from "./cost.js";
export { type CascadeCounters, counterProblems, type MemberCounters, type TierCounters } from "./counters.js";
export { QuorateError, type QuorateErrorCode, type QuorateErrorOptions, type QuorateProblem } from "./errors.js";
export type { Explanation, MemberExplanation, TierExplanation } from "./explain.js";
export type { BatchInput, RowInput } from "./inputs.js";
export type { ElementType } from "./native/contract.js";
export type {
  BatchOptions,
  CallPrice,
  CascadeOptions,
  CascadeSpec,
  CudaOptions,
  FunctionMember,
  Measure,
  Member,
  MemberBatch,
  MemberContext,
  MemberFunction,
  ModelMember,
  OutputKind,
  Price,
  TensorData,
  TensorDeclaration,
  TierOptions,
  TierSpec,
} from "./options.js";
export {
  type AgreementRule,
  agreementAtLeast,
  allOf,
  always,
  anyOf,
  type CompoundRule,
  type ConstantRule,
  confidenceAtLeast,
  entropyAtMost,
  type MeasureRule,
  marginAtLeast,
  never,
  type Rule,
  scoreAtLeast,
  type VotesRule,
  votesAtLeast,
} from "./rules.js";
export type { RowSource, StreamAnswer, StreamOptions } from "./stream.js";
