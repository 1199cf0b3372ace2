#pragma once

// Agreement, compaction, gather and class maps, with one CPU and one CUDA implementation of the
// same arithmetic (row_ops.h). Sections 2 and 3 of docs/semantics.md say what is computed.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "native/base/status.h"
#include "native/base/views.h"
#include "native/kernels/columns.h"

namespace quorate {

constexpr uint32_t kMaxMembers = 64;
constexpr uint32_t kMaxRuleOps = 32;

// What a member's output holds.
enum class OutputKind : uint8_t { kLogits, kProbabilities, kLabel };

enum class Combine : uint8_t { kVote, kMean };

// A deferral rule in postfix order. A leaf pushes one truth value; kAllOf / kAnyOf pop
// `arity` values and push one.
enum class RuleKind : uint8_t {
  kVotes,       // votes >= `votes` and not tied
  kScore,       // score >= threshold
  kConfidence,  // confidence >= threshold
  kMargin,      // margin >= threshold
  kEntropy,     // entropy <= threshold
  kAllOf,
  kAnyOf,
  kAlways,
  kNever,
};

struct RuleOp {
  RuleKind kind;
  uint8_t arity;    // kAllOf, kAnyOf: values popped, >= 1.
  uint16_t votes;   // kVotes: 1...kMaxMembers (agreementAtLeast is resolved to votes at build).
  float threshold;  // The other leaves: rounded to float32 once.
};

struct RuleProgram {
  uint32_t count = 0;  // 0: no rule (the last tier); `kAgreed` is then valid and not tied.
  RuleOp ops[kMaxRuleOps] = {};
};

// One member's output for the rows of a batch: row-major [rows x width], width = `width` of the
// reduction (classes, or 1 for a binary output), or 1 for kLabel.
struct MemberOutput {
  const void* data = nullptr;  // nullptr: the member failed, it abstains on every row.
  ElementType type =
      ElementType::kFloat32;  // Scores: float32/16/64, bfloat16. Labels: int32, int64.
  OutputKind kind = OutputKind::kLogits;
  float temperature = 1.0f;  // kLogits only; finite, > 0.
  uint32_t width = 0;        // classes; 1 = binary logit/probability or label.
};

// Labels of a member that are no class of the cascade.
constexpr int32_t kAbstains = -1;  // The member gives no vote.
constexpr int32_t kNoClass = -2;   // What it gave stands for no class.

// What a member's labels stand for: values in ascending order, and the class of each. Without
// values a label is its class.
struct LabelMap {
  uint32_t count = 0;
  const int64_t* values = nullptr;
  const int32_t* classes = nullptr;
  bool may_abstain = false;  // -1 is kAbstains unless it is a value; else it is kNoClass.
};

// What a tier's reduction does; fixed when the cascade is built. Its rule comes with each batch.
struct Reduction {
  uint32_t members = 0;  // k, 1...kMaxMembers.
  uint32_t classes = 0;  // C >= 2.
  Combine combine = Combine::kVote;
  uint8_t measures = 0;  // Measure bits the caller wants; what the rule reads is computed anyway.
  bool last = false;     // The last tier: every row exits.
  uint32_t earlier_members = 0;  // Cumulative evidence: members of all earlier tiers, else 0.
};

// Per-row inputs in addition to the member outputs; each may be nullptr.
struct RowState {
  const float* prior_sums =
      nullptr;  // [rows x classes] sum of P over earlier tiers' valid members.
  const uint8_t* members_ran =
      nullptr;  // [rows] sequential execution: members that ran (a prefix); else k.
  const int8_t* decided =
      nullptr;  // [rows] what is known already: 1 exit, 0 defer, -1 evaluate the rule.
};

// Three-valued verdict of a row during sequential execution.
enum class Verdict : int8_t { kDefer = 0, kExit = 1, kUnknown = -1 };

// An opaque place to run: nullptr on the CPU, a stream on a device.
using Stream = void*;

// Thread-safe: an instance holds no per-call state.
class Kernels {
 public:
  virtual ~Kernels() = default;

  // Reduces member outputs to columns. `outputs` has reduction.members entries. rows may be 0.
  // Bit-equal on every implementation, whatever the batch size. Everything but the columns and
  // what the outputs point to may be gone when it returns.
  virtual Status Reduce(const Reduction& reduction, const RuleProgram& rule,
                        const MemberOutput* outputs, size_t rows, const RowState& state,
                        const ReductionColumns& columns, Stream stream) = 0;

  // Sequential execution, after the first `ran` members: may the row stop? Writes [rows] Verdicts
  // (docs/semantics.md section 4): kExit / kDefer only if running the others cannot change label,
  // exit or agreed. `outputs` has reduction.members entries, those from `ran` on are not read.
  virtual Status Decide(const Reduction& reduction, const RuleProgram& rule,
                        const MemberOutput* outputs, uint32_t ran, size_t rows,
                        const RowState& state, Verdict* verdicts, Stream stream) = 0;

  // Writes the ascending list of rows whose flags lack kExit, and its length.
  virtual Status Compact(const uint8_t* flags, size_t rows, uint32_t* deferred, uint32_t* count,
                         Stream stream) = 0;

  // target[i] = source[rows[i]] for `count` rows of `row_bytes` bytes each.
  virtual Status Gather(const void* source, size_t row_bytes, const uint32_t* rows, size_t count,
                        void* target, Stream stream) = 0;

  // Brings a member's scores into the cascade's class order: the value of class c goes to position
  // map[c]; a binary output with map[0] = 1 is negated (logits) or complemented (probabilities).
  // `map` has `classes` entries and lies where the output does; `target` is as large as the output
  // and apart from it, but on the CPU may be the output itself.
  virtual Status MapClasses(const MemberOutput& output, const int32_t* map, uint32_t classes,
                            size_t rows, void* target, Stream stream) = 0;

  // Labels of any type become classes of the cascade, as ClassOf() says. The map lies where the
  // labels do; `target` is apart from them, but on the CPU may be the labels themselves where they
  // have four bytes.
  virtual Status MapLabels(const void* labels, ElementType type, const LabelMap& map, size_t rows,
                           int32_t* target, Stream stream) = 0;
};

std::unique_ptr<Kernels> NewCpuKernels();

// What the process can do with CUDA; in builds without CUDA kernels, `reason` says so.
struct CudaProbe {
  int devices = 0;
  const char* reason = "";  // Why there is no device; empty when there is one. Static storage.
};
CudaProbe ProbeCuda();

// Kernels on a CUDA device; kDevice with the reason when it cannot be used.
StatusOr<std::unique_ptr<Kernels>> NewCudaKernels(int device);

}  // namespace quorate
