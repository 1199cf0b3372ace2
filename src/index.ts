/// <reference lib="esnext.disposable" preserve="true" />
// `AsyncDisposable` for users whose own settings do not bring it.
export type { Answer, MemberFailure, TraceMember, TraceTier } from "./calls/answer.js";
export { BatchAnswer } from "./calls/batch-answer.js";
export type { BatchAnswerJson } from "./calls/batch-columns.js";
export {
  type AnsweredRow,
  type BatchRow,
  type RowStatus,
  rowStatusNames,
  type UnansweredRow,
} from "./calls/batch-row.js";
export type { BatchCallOptions, CallOptions, OnFull } from "./calls/call-options.js";
export type { BatchInput, RowInput } from "./calls/inputs.js";
export type { RowSource, StreamAnswer, StreamOptions } from "./calls/stream.js";
export { Cascade, type CascadeBuilder, type CloseOptions, type SinceOptions } from "./cascade/cascade.js";
export type { CostFigures, CostOptions, CostReport, MemberCost, TierCost } from "./cascade/cost.js";
export type {
  CascadeCounters,
  DeviceCounters,
  MemberCounters,
  MemberError,
  TierCounters,
  TimeHistogram,
} from "./cascade/counters.js";
export type { Explanation, MemberExplanation, TierExplanation } from "./cascade/explain.js";
export type {
  CudaReport,
  MachineReport,
  MemberInfo,
  MemberInput,
  RuntimeInfo,
  TierDevice,
  TierInfo,
} from "./cascade/info.js";
export type { CascadeWarning } from "./cascade/invalid-votes.js";
export { machineReport } from "./cascade/machine-report.js";
export type { ReferenceModel } from "./cascade/reference.js";
export type { CascadeJson } from "./cascade/summary.js";
export {
  QuorateError,
  type QuorateErrorCode,
  type QuorateErrorJson,
  type QuorateErrorOptions,
  type QuorateProblem,
} from "./errors.js";
export { getThreads, setThreads } from "./native/threads.js";
export type { Measure } from "./spec/columns.js";
export type { ElementType, GivenData, HalfArray, RaggedData, RequestTensor, TensorData } from "./spec/element-type.js";
export type {
  BatchOptions,
  CallPrice,
  CascadeOptions,
  CascadeSpec,
  Constant,
  CudaOptions,
  Device,
  FunctionMember,
  Member,
  MemberBatch,
  MemberContext,
  MemberFunction,
  MemberReply,
  MemberReport,
  ModelMember,
  ModelSource,
  OutputKind,
  Price,
  RaggedTensor,
  TensorDeclaration,
  TierOptions,
  TierSpec,
} from "./spec/options.js";
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
} from "./spec/rules.js";
