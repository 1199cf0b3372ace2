#include "native/device/pipeline/check.h"

#include <algorithm>
#include <string>

namespace quorate {
namespace {

Status Wrong(const PipelineOptions& options, const std::string& what) {
  return Status(StatusCode::kInvalidArgument, options.name + ": " + what);
}

Status CheckMember(const Device* device, const PipelineOptions& options,
                   const PipelineMember& member) {
  const DeviceLane& lane = *member.model->lane();
  if (lane.device() != device) {
    return Wrong(options, "member " + lane.name() + " is on device " +
                              std::to_string(lane.device()->index()) + ", the tier on device " +
                              std::to_string(device->index()));
  }
  if (member.inputs.size() != member.model->info().inputs.size() ||
      std::any_of(member.inputs.begin(), member.inputs.end(),
                  [&](uint32_t input) { return input >= options.inputs.size(); })) {
    return Wrong(options, "member " + lane.name() + " has inputs that the tier lacks");
  }
  return Status();
}

}  // namespace

Status CheckOptions(const Device* device, const PipelineOptions& options) {
  if (options.members.empty() || options.members.size() != options.plan.members) {
    return Wrong(options, std::to_string(options.members.size()) + " members, the plan has " +
                              std::to_string(options.plan.members));
  }
  if (options.inputs.empty()) return Wrong(options, "no inputs");
  if (options.slots == 0) return Wrong(options, "no slots");
  if (options.buckets.empty() || options.buckets.front() == 0 ||
      !std::is_sorted(options.buckets.begin(), options.buckets.end())) {
    return Wrong(options, "the buckets must be ascending numbers of rows, at least one");
  }
  if (options.plan.earlier_members > 0 && !options.evidence_in) {
    return Wrong(options, "the plan has earlier members, but batches bring no evidence");
  }
  for (const PipelineMember& member : options.members) {
    QUORATE_RETURN_IF_ERROR(CheckMember(device, options, member));
  }
  return Status();
}

Status CheckBatch(const PipelineOptions& options, const PipelineBatch& batch) {
  const size_t rows = batch.Rows();
  if (rows == 0 || rows > options.buckets.back()) {
    return Wrong(options, "a batch of " + std::to_string(rows) + " rows, expected 1 to " +
                              std::to_string(options.buckets.back()));
  }
  if (!batch.fill) return Wrong(options, "a batch without rows to fill in");
  if (!batch.decided.empty() && batch.decided.size() != rows) {
    return Wrong(options, std::to_string(batch.decided.size()) + " decisions for " +
                              std::to_string(rows) + " rows");
  }
  if (options.evidence_in && !batch.fill_evidence) {
    return Wrong(options, "a batch without evidence");
  }
  for (const RowSegment& segment : batch.segments) {
    if (segment.first + segment.count > segment.block->rows()) {
      return Wrong(options, "rows beyond the end of a block of deferred rows");
    }
    for (const PipelineInput& input : options.inputs) {
      if (segment.block->Find(input.tensor) != nullptr) continue;
      return Wrong(options, "the deferred rows lack tensor " + std::to_string(input.tensor.tensor));
    }
  }
  return Status();
}

}  // namespace quorate
