#pragma once

// The list of result columns, and what their values mean. Whatever holds, moves or names results
// is made from it: the kernels' view (below), a batch's ColumnSet, the block that a device sends
// (ColumnLayout), a call's answers (engine/answers.h), the arrays that JavaScript gets
// (addon/columns.cc) and src/spec/columns.ts, which scripts/generate-columns.mjs writes.
//
// A new number is a line here, its arithmetic in measures.h, and its words for users: the schema
// and the two kinds of answers in TypeScript. C++17: CUDA sources read this file.

#include <cstddef>
#include <cstdint>

namespace quorate {

// Why a column is there; a set of bits. The lower eight are Measure bits.
using ColumnReasons = uint16_t;
enum Measure : uint8_t { kScore = 1, kConfidence = 2, kMargin = 4, kEntropy = 8 };
constexpr ColumnReasons kForAnswers = 1 << 8;   // Every answer has it.
constexpr ColumnReasons kForEvidence = 1 << 9;  // Cumulative evidence is handed on.
constexpr ColumnReasons kForVotes = 1 << 10;    // What each member said is wanted.
constexpr ColumnReasons kForCounters = 1 << 11;

// How many values a row has.
enum class ColumnWidth : uint8_t { kOne, kClasses, kMembers };

// Every list is of X(name, type, width, reasons).

// Numbers that are reported when asked for; NaN on tiers of labels.
#define QUORATE_MEASURES(X)               \
  X(score, float, kOne, kScore)           \
  X(confidence, float, kOne, kConfidence) \
  X(margin, float, kOne, kMargin)         \
  X(entropy, float, kOne, kEntropy)

// What the kernels write and answers have. label: -1 without a valid vote; votes: for that label;
// flags: RowFlag bits.
#define QUORATE_ROW_COLUMNS(X)         \
  X(label, int32_t, kOne, kForAnswers) \
  X(votes, uint8_t, kOne, kForAnswers) \
  X(flags, uint8_t, kOne, kForAnswers) \
  QUORATE_MEASURES(X)

// What the kernels write and answers do not have. sums: of P per class, those of earlier tiers
// included; member_votes: -1 = abstained; member_scores: each member's P of its own vote;
// abstained: bit k says that member k ran and has no valid vote.
#define QUORATE_INNER_COLUMNS(X)                \
  X(sums, float, kClasses, kForEvidence)        \
  X(member_votes, int32_t, kMembers, kForVotes) \
  X(member_scores, float, kMembers, kForVotes)  \
  X(abstained, uint64_t, kOne, kForCounters)

#define QUORATE_REDUCTION_COLUMNS(X) QUORATE_ROW_COLUMNS(X) QUORATE_INNER_COLUMNS(X)

// What the engine writes for a batch, and answers have. voters: members that votes and measures
// are over, k or fewer.
#define QUORATE_BATCH_COLUMNS(X) X(voters, uint8_t, kOne, kForAnswers)

// What the engine writes for a call. tier_index: the tier that answered; status: a RowStatus;
// error_index: 0 none, i = errors[i - 1] of the call (65,535 = the last).
#define QUORATE_CALL_COLUMNS(X)             \
  X(tier_index, uint8_t, kOne, kForAnswers) \
  X(status, RowStatus, kOne, kForAnswers)   \
  X(error_index, uint16_t, kOne, kForAnswers)

#define QUORATE_ANSWER_COLUMNS(X) \
  QUORATE_ROW_COLUMNS(X) QUORATE_BATCH_COLUMNS(X) QUORATE_CALL_COLUMNS(X)

// Bits of a row's flags.
enum RowFlag : uint8_t {
  kExit = 1,       // Leaves at this tier: the rule holds, or the tier is the last.
  kTied = 2,       // Two labels share the highest vote count.
  kValid = 4,      // At least one member gave a valid vote.
  kAgreed = 8,     // The rule holds (no rule: valid and not tied).
  kPartial = 16,   // Sequential execution stopped before all members ran.
  kDegraded = 32,  // Set by the engine: the answer of the last finished tier, not of the cascade.
};

enum class RowStatus : uint8_t { kOk, kInvalid, kFailed, kCancelled, kExpired, kRejected };

// How much of what members said comes back. Each includes what comes before it.
enum class Detail : uint8_t {
  kAnswers,
  kVotes,    // Each member's vote and its score for that vote.
  kOutputs,  // Each member's output, in the cascade's order of classes.
};

// Where the kernels write; columns that are not wanted are nullptr.
struct ReductionColumns {
#define QUORATE_POINTER(name, type, width, reasons) type* name = nullptr;
  QUORATE_REDUCTION_COLUMNS(QUORATE_POINTER)
#undef QUORATE_POINTER
};

}  // namespace quorate
