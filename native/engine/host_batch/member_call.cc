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
  output_ = rows.output;
  batch_.output = ModelOutput(rows.count);
  batch_.output_bytes = rows.count * member_->output_row_bytes;
  batch_.cancel = work_->cancel;
  batch_.row_ids = rows.row_ids + rows.first;
  batch_.deadline_at = work_->deadline_at;
  batch_.priority = work_->priority;
  started_ = work_->cancel == nullptr || !work_->cancel->cancelled();
  if (batch_.output == nullptr) {
    started_ = false;
    completion({Status(StatusCode::kInternal, "no memory for a member's labels"), 0, 0});
  } else if (started_) {
    if (host_ != nullptr) return completion(host_->Run(batch_));
    As<FunctionModel>(member_->model)->Start(batch_, completion);
  } else {
    completion({Status(StatusCode::kAborted, "the batch was cancelled"), 0, 0});
  }
}

uint8_t* MemberCall::ModelOutput(size_t rows) {
  const bool fits = member_->output_row_bytes == member_->reduced_row_bytes;
  return fits ? output_ : labels_.Reserve(rows * member_->output_row_bytes);
}

Status MemberCall::MapClasses() {
  if (member_->maps_labels) {
    return work_->kernels->MapLabels(batch_.output, member_->output_type,
                                     member_->label_table.Map(), batch_.rows,
                                     reinterpret_cast<int32_t*>(output_), nullptr);
  }
  const std::vector<int32_t>& map = member_->class_map;
  if (map.empty()) return Status();
  const MemberOutput given = {output_, member_->output_type, member_->kind, member_->temperature,
                              member_->width};
  return work_->kernels->MapClasses(given, map.data(), static_cast<uint32_t>(map.size()),
                                    batch_.rows, output_, nullptr);
}

bool MemberCall::Finish(RunReport report) {
  const bool ok = report.status.ok();
  const size_t run = started_ ? batch_.rows : 0;
  tally_->rows_run.fetch_add(run, std::memory_order_relaxed);
  tally_->rows_padded.fetch_add(report.padded_rows, std::memory_order_relaxed);
  tally_->run_ns.fetch_add(report.run_ns, std::memory_order_relaxed);
  if (ok) {
    if (Status status = MapClasses(); !status.ok()) work_->kernel_error.Set(std::move(status));
  } else {
    // All ones: NaN in every float type, -1 as a label.
    memset(output_, 0xFF, batch_.rows * member_->reduced_row_bytes);
    tally_->rows_failed.fetch_add(run, std::memory_order_relaxed);
    work_->member_error.Set(std::move(report.status));
  }
  return ok;
}

}  // namespace quorate
