#pragma once

// What a call gets back: one answer per row.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "native/base/status.h"
#include "native/base/views.h"
#include "native/kernels/column_set.h"

namespace quorate {

// One row's values of the answer columns.
struct RowResult {
#define QUORATE_FIELD(name, type, width, reasons) type name{};
  QUORATE_ANSWER_COLUMNS(QUORATE_FIELD)
#undef QUORATE_FIELD
};

// One visited tier of a traced row.
struct TraceTier {
  RowResult result;
  std::vector<int32_t> member_votes;
  std::vector<float> member_scores;
  std::vector<std::shared_ptr<const Status>> member_errors;  // nullptr: it did not fail; or empty.
  int64_t queue_ns = 0;
  int64_t run_ns = 0;
  uint32_t batch_rows = 0;
};

// What a member said about all rows of a call, row by row.
struct RowOutputs {
  ElementType type = ElementType::kFloat32;
  uint32_t width = 0;               // Values per row.
  std::unique_ptr<uint8_t[]> data;  // 0xFF (NaN, -1) where it failed or did not run.
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

// The answers of many rows: eleven bytes per row, and four for each measure that is asked for.
struct AnswerColumns {
  AnswerColumns() = default;
  // `measures`: bits of Measure. Uninitialised: Set() a row before Get().
  AnswerColumns(size_t count, uint8_t measures);

  RowResult Get(size_t row) const;
  void Set(size_t row, const RowResult& result);
  // What row `i` of a batch of tier `tier` says. Measures that the batch lacks become 0.
  void Set(size_t row, const ColumnSet& batch, size_t i, uint8_t tier);

  size_t rows = 0;
#define QUORATE_COLUMN(name, type, width, reasons) Column<type> name;
  QUORATE_ANSWER_COLUMNS(QUORATE_COLUMN)
#undef QUORATE_COLUMN
};

// The answer to a batch, handed over once.
struct FinishedBatch {
  uint64_t id = 0;
  AnswerColumns answers;
  std::vector<Status> errors;                  // Distinct, by cause too.
  std::vector<std::vector<TraceTier>> traces;  // Empty, or one entry per row.
  // With Detail::kOutputs: [tiers][members]. Empty, as is a tier that no row reached.
  std::vector<std::vector<RowOutputs>> outputs;
  std::vector<std::vector<bool>>
      has_outputs;  // [tiers][rows]: the others' memory is not filled yet,

  // and this fills it: work for whoever hands the batch over, outside the engine's lock.
  void FillMissingOutputs();
};

// The answer to a single row.
struct FinishedRow {
  uint64_t id = 0;
  RowResult result;  // Its error index is 0 or 1,
  Status error;      // and this is what 1 means.
  std::vector<TraceTier> trace;
};

}  // namespace quorate
