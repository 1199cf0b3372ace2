#include "native/engine/host_batch/member_call.h"

#include <cstring>
#include <utility>

namespace quorate {

MemberCall::MemberCall(BatchWork* work, size_t member)
    : work_(work),
      member_(&work->tier->members[member]),
      tally_(&work->tallies[member]),
      host_(As<HostModel>(member_->model)) {
  for (const uint32_t tensor : member_->tensors) {
    views_.push_back({nullptr, work->plan->tensors[tensor].row_shape});
  }
}

void MemberCall::Start(const MemberRows& rows, Completion completion) {
  for (size_t i = 0; i < views_.size(); ++i) {
    const uint32_t tensor = member_->tensors[i];
    views_[i].data = rows.inputs[tensor] + rows.first * work_->plan->tensors[tensor].row_bytes;
  }
  batch_.rows = rows.count;
  batch_.inputs = views_.data();
  batch_.output = rows.output;
  batch_.output_bytes = rows.count * member_->output_row_bytes;
  batch_.cancel = work_->cancel;
  batch_.row_ids = rows.row_ids + rows.first;
  batch_.deadline_at = work_->deadline_at;
  batch_.priority = work_->priority;
  started_ = work_->cancel == nullptr || !work_->cancel->cancelled();
  if (started_) {
    if (host_ != nullptr) return completion(host_->Run(batch_));
    As<FunctionModel>(member_->model)->Start(batch_, completion);
  } else {
    completion({Status(StatusCode::kAborted, "the batch was cancelled"), 0, 0});
  }
}

void MemberCall::MapClasses(uint8_t* output) {
  const std::vector<int32_t>& map = member_->class_map;
  if (map.empty()) return;
  const MemberOutput given = {output, member_->output_type, member_->kind, member_->temperature,
                              member_->width};
  Status status = work_->kernels->MapClasses(given, map.data(), static_cast<uint32_t>(map.size()),
                                             batch_.rows, output, nullptr);
  if (!status.ok()) work_->kernel_error.Set(std::move(status));
}

bool MemberCall::Finish(RunReport report) {
  const bool ok = report.status.ok();
  const size_t run = started_ ? batch_.rows : 0;
  tally_->rows_run.fetch_add(run, std::memory_order_relaxed);
  tally_->rows_padded.fetch_add(report.padded_rows, std::memory_order_relaxed);
  tally_->run_ns.fetch_add(report.run_ns, std::memory_order_relaxed);
  auto* output = static_cast<uint8_t*>(batch_.output);
  if (ok) {
    MapClasses(output);
  } else {
    // All ones: NaN in every float type, -1 as a label.
    memset(output, 0xFF, batch_.output_bytes);
    tally_->rows_failed.fetch_add(run, std::memory_order_relaxed);
    work_->member_error.Set(std::move(report.status));
  }
  return ok;
}

}  // namespace quorate
