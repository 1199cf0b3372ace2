#pragma once

// What a call gets back: one answer per row.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "native/base/status.h"

namespace quorate {

enum class RowStatus : uint8_t { kOk, kInvalid, kFailed, kCancelled, kExpired, kRejected };

// The engine's own bit beside RowFlag: the answer of the last finished tier, not of the cascade.
constexpr uint8_t kDegraded = 32;

struct RowResult {
  int32_t label = -1;
  float score = 0;
  float confidence = 0;
  float margin = 0;
  float entropy = 0;
  uint8_t tier = 0;
  uint8_t votes = 0;
  uint8_t voters = 0;  // Members that votes and measures are over.
  uint8_t flags = 0;
  RowStatus status = RowStatus::kOk;
  uint8_t error = 0;  // 0 none, i = errors[i - 1] of the call (255 = the last).
};

// One visited tier of a traced row.
struct TraceTier {
  RowResult result;
  std::vector<int32_t> member_votes;
  std::vector<float> member_scores;
  int64_t queue_ns = 0;
  int64_t run_ns = 0;
  uint32_t batch_rows = 0;
};

// Values side by side, in memory of their own that can be given away.
template <typename T>
class Column {
 public:
  Column() = default;
  explicit Column(size_t rows) : bytes_(new uint8_t[rows * sizeof(T)]) {}  // Uninitialised.

  // Without memory every value is 0 and stays so.
  T Get(size_t row) const { return bytes_ == nullptr ? T{} : values()[row]; }
  void Set(size_t row, T value) {
    if (bytes_ != nullptr) values()[row] = value;
  }
  std::unique_ptr<uint8_t[]> Release() { return std::move(bytes_); }

 private:
  T* values() const { return reinterpret_cast<T*>(bytes_.get()); }

  std::unique_ptr<uint8_t[]> bytes_;
};

// The results of many rows: ten bytes per row, and four for each measure that is asked for.
struct AnswerColumns {
  AnswerColumns() = default;
  // `measures`: bits of Measure. Uninitialised: Set() a row before Get().
  AnswerColumns(size_t count, uint8_t measures);

  RowResult Get(size_t row) const;
  void Set(size_t row, const RowResult& result);

  size_t rows = 0;
  Column<int32_t> labels;
  Column<uint8_t> tiers, votes, voters, flags;
  Column<RowStatus> statuses;
  Column<uint8_t> errors;
  Column<float> scores, confidences, margins, entropies;
};

// The answer to a batch, handed over once.
struct FinishedBatch {
  uint64_t id = 0;
  AnswerColumns answers;
  std::vector<Status> errors;                  // Distinct, by cause too.
  std::vector<std::vector<TraceTier>> traces;  // Empty, or one entry per row.
};

// The answer to a single row.
struct FinishedRow {
  uint64_t id = 0;
  RowResult result;  // Its error is 0 or 1,
  Status error;      // and this is what 1 means.
  std::vector<TraceTier> trace;
};

}  // namespace quorate
