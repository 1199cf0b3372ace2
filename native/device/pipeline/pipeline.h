#pragma once

// A tier on a device: batches flow through upload, members, reduction and download, two or more at
// a time, and only answers come back to the host.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "native/device/device.h"
#include "native/device/device_model.h"
#include "native/device/row_block.h"
#include "native/kernels/column_layout.h"
#include "native/kernels/kernels.h"
#include "native/kernels/label_table.h"

namespace quorate {

// An input tensor of the tier.
struct PipelineInput {
  BlockTensor tensor;
  std::vector<int64_t> row_shape;
  bool keep = false;  // The next tier reads it too: deferred rows of it stay on the device.
};

struct PipelineMember {
  DeviceModel* model = nullptr;  // On the pipeline's device; outlives the pipeline.
  std::vector<uint32_t> inputs;  // Per model input: index into PipelineOptions::inputs.
  OutputKind kind = OutputKind::kLogits;
  ElementType type = ElementType::kFloat32;
  float temperature = 1.0f;
  uint32_t width = 0;              // Values per output row.
  std::vector<int32_t> class_map;  // As Kernels::MapClasses() takes it; empty: no map.
  bool maps_labels = false;        // By Kernels::MapLabels(), with the table.
  LabelTable label_table;

  size_t OutputRowBytes() const { return width * ElementSize(type); }
  // Whether the reduction reads something else than the model's output, and what.
  bool IsMapped() const { return maps_labels || !class_map.empty(); }
  ElementType ReducedType() const { return maps_labels ? ElementType::kInt32 : type; }
  size_t ReducedRowBytes() const { return width * ElementSize(ReducedType()); }
};

struct PipelineOptions {
  std::string name;                     // For messages: "tier 0".
  std::vector<PipelineInput> inputs;    // What the members read.
  std::vector<PipelineMember> members;  // plan.members of them.
  Reduction plan;                       // With earlier members: REQUIRES evidence_in.
  bool evidence_in = false;             // Batches bring sums over earlier tiers.
  bool evidence_out = false;            // Sums come back.
  std::vector<size_t> buckets;          // Ascending. A batch runs as the smallest that holds it.
  size_t slots = 2;                     // Batches on the device at a time.
  size_t deferred_blocks = 0;           // Batches of deferred rows kept on the device.
  bool warm_up = true;                  // Run every member once per slot and bucket first.
};

// Rows first, first + 1, ... of a block of any device.
struct RowSegment {
  std::shared_ptr<RowBlock> block;
  size_t first = 0;
  size_t count = 0;
};

// Where a batch's time on the device went. 0: not known.
struct PipelineTimes {
  int64_t upload_ns = 0;  // Copies to the device, or from where deferred rows were.
  int64_t run_ns = 0;     // From the first member's start to the last one's end.
  int64_t reduce_ns = 0;  // From there.
  int64_t download_ns = 0;
  int64_t gather_ns = 0;  // Of an earlier batch: its deferred rows, gathered after its answers.
  std::vector<int64_t> member_ns;  // Each on its stream, from when it had its inputs and its turn.
};

struct PipelineResult {
  Status status;  // Not OK: no answers. kAborted: cancelled.
  size_t rows = 0;
  // What came back, with `wants`. In pinned memory, valid during the call.
  ColumnWants wants;
  ReductionColumns columns;
  const uint32_t* deferred = nullptr;  // Rows that do not exit, ascending.
  uint32_t deferred_count = 0;
  // With Detail::kOutputs: [members] their outputs in the cascade's order of classes, pinned as the
  // columns are; nullptr: the member failed. Else empty.
  std::vector<const uint8_t*> outputs;
  std::shared_ptr<RowBlock> deferred_rows;  // In that order; nullptr: only the host has them.
  uint64_t failed_members = 0;              // Bit k: member k failed and abstained on all rows.
  Status member_error;                      // Of the first of them.
  PipelineTimes times;
};

// A batch: `host_rows` rows from the host, then those of the segments.
struct PipelineBatch {
  size_t host_rows = 0;
  // Writes input i's rows, side by side, to staging[i] (pinned). On the pipeline's thread, when it
  // takes the batch up, also where no row is the host's.
  std::function<void(void* const* staging)> fill;
  std::vector<RowSegment> segments;
  // Writes all rows' prior sums, [rows x classes], those of segments included. On the pipeline's
  // thread; called iff evidence_in.
  std::function<void(float* sums)> fill_evidence;
  RuleProgram rule;
  // [rows], or empty: rows whose exit is known already, as RowState::decided has it.
  std::vector<int8_t> decided;
  Detail detail = Detail::kAnswers;
  const std::atomic<bool>* cancelled = nullptr;  // May be nullptr. Until `done` is called.
  // Called once, on the pipeline's thread, if Submit() said OK. Must be quick; may call Submit().
  std::function<void(const PipelineResult&)> done;

  size_t Rows() const {
    size_t rows = host_rows;
    for (const RowSegment& segment : segments) rows += segment.count;
    return rows;
  }
};

// Thread-safe. One thread of its own, and the lanes'.
class Pipeline {
 public:
  // Allocates, binds the members and warms them up: blocks. The device outlives the pipeline and
  // its blocks of rows.
  static StatusOr<std::unique_ptr<Pipeline>> Create(Device* device, PipelineOptions options);
  virtual ~Pipeline() = default;  // Closes.

  // Device memory that it allocated; models have more.
  virtual uint64_t device_bytes() const = 0;

  // 1...last bucket's rows. kClosed after Close(); `done` is then not called.
  virtual Status Submit(PipelineBatch batch) = 0;

  // Answers batches that have not begun with kClosed, finishes the others, and returns when all
  // are answered. Not from within `done` or `fill`.
  virtual void Close() = 0;
};

}  // namespace quorate
