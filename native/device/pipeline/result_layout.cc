#include "native/device/pipeline/result_layout.h"

namespace quorate {
namespace {

// The column at `offset` of a block, or nullptr.
template <typename T, typename Byte>
T* Column(Byte* block, size_t offset) {
  return offset == ResultLayout::kAbsent ? nullptr : reinterpret_cast<T*>(block + offset);
}

}  // namespace

ResultLayout::ResultLayout(const PipelineOptions& options, size_t rows, bool traced) {
  const ReductionPlan& plan = options.plan;
  size_t next = 0;
  const auto place = [&](size_t row_bytes) {
    const size_t here = next;
    next += (rows * row_bytes + 63) / 64 * 64;  // The kernels load aligned words.
    return here;
  };
  const auto place_if = [&](bool wanted, size_t row_bytes) {
    return wanted ? place(row_bytes) : kAbsent;
  };
  const auto wants = [&](Measure measure) { return (plan.measures & measure) != 0; };
  labels = place(sizeof(int32_t));
  votes = place(1);
  flags = place(1);
  score = place_if(wants(kScore), sizeof(float));
  confidence = place_if(wants(kConfidence), sizeof(float));
  margin = place_if(wants(kMargin), sizeof(float));
  entropy = place_if(wants(kEntropy), sizeof(float));
  sums = place_if(options.evidence_out, plan.classes * sizeof(float));
  member_votes = place_if(traced, plan.members * sizeof(int32_t));
  member_scores = place_if(traced, plan.members * sizeof(float));
  count = next;
  next += 64;
  deferred = place(sizeof(uint32_t));
  bytes = next;
}

ReductionColumns DeviceColumns(const ResultLayout& layout, uint8_t* block) {
  ReductionColumns columns;
  columns.labels = Column<int32_t>(block, layout.labels);
  columns.votes = Column<uint8_t>(block, layout.votes);
  columns.flags = Column<uint8_t>(block, layout.flags);
  columns.score = Column<float>(block, layout.score);
  columns.confidence = Column<float>(block, layout.confidence);
  columns.margin = Column<float>(block, layout.margin);
  columns.entropy = Column<float>(block, layout.entropy);
  columns.sums = Column<float>(block, layout.sums);
  columns.member_votes = Column<int32_t>(block, layout.member_votes);
  columns.member_scores = Column<float>(block, layout.member_scores);
  return columns;
}

PipelineColumns HostColumns(const ResultLayout& layout, const uint8_t* block) {
  PipelineColumns columns;
  columns.labels = Column<const int32_t>(block, layout.labels);
  columns.votes = Column<const uint8_t>(block, layout.votes);
  columns.flags = Column<const uint8_t>(block, layout.flags);
  columns.score = Column<const float>(block, layout.score);
  columns.confidence = Column<const float>(block, layout.confidence);
  columns.margin = Column<const float>(block, layout.margin);
  columns.entropy = Column<const float>(block, layout.entropy);
  columns.sums = Column<const float>(block, layout.sums);
  columns.member_votes = Column<const int32_t>(block, layout.member_votes);
  columns.member_scores = Column<const float>(block, layout.member_scores);
  columns.deferred = Column<const uint32_t>(block, layout.deferred);
  return columns;
}

}  // namespace quorate
