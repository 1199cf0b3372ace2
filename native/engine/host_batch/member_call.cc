#include "native/engine/host_batch/member_call.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace quorate {

namespace {

bool MayBeAskedAgain(const LoadedModel& model) {
  const auto* const function = As<FunctionModel>(model);
  return function == nullptr || function->splits_on_failure();
}

}  // namespace

MemberCall::MemberCall(BatchWork* work, size_t member)
    : work_(work),
      member_(&work->tier->members[member]),
      tally_(&work->tallies[member]),
      host_(As<HostModel>(member_->model)),
      repeats_(MayBeAskedAgain(member_->model)) {
  for (const uint32_t tensor : member_->tensors) {
    const RequestTensor& read = work->plan->tensors[tensor];
    views_.push_back({nullptr, read.row_shape, nullptr});
    if (!read.ragged) continue;
    const uint32_t length = read.ragged->length;
    if (std::find(lengths_.begin(), lengths_.end(), length) == lengths_.end()) {
      lengths_.push_back(length);
    }
  }
}

// --- Runs ---

void MemberCall::Start(const MemberRows& rows, Completion completion) {
  rows_ = rows;
  completion_ = completion;
  started_ = false;
  model_output_ = ModelOutput();
  if (model_output_ == nullptr) {
    return completion({Status(StatusCode::kMemory, "no memory for a member's labels")});
  }
  Run({0, rows.count}, {&OnFirst, this});
}

void MemberCall::Run(FailureSearch::Range range, Completion completion) {
  if (work_->cancel != nullptr && work_->cancel->cancelled()) {
    return completion({Status(StatusCode::kAborted, "the batch was cancelled")});
  }
  const size_t first = rows_.first + range.first;
  for (size_t i = 0; i < views_.size(); ++i) {
    const uint32_t tensor = member_->tensors[i];
    views_[i].data = rows_.inputs[tensor] + first * work_->row_bytes[tensor];
    if (const auto& ragged = work_->plan->tensors[tensor].ragged) {
      views_[i].row_shape[0] = work_->longest[ragged->length];
      views_[i].lengths = rows_.lengths + ragged->length * rows_.length_rows + first;
    }
  }
  batch_.rows = range.count;
  batch_.inputs = views_.data();
  batch_.output = model_output_ + range.first * member_->output_row_bytes;
  batch_.output_bytes = range.count * member_->output_row_bytes;
  batch_.cancel = work_->cancel;
  batch_.row_ids = rows_.row_ids + first;
  batch_.deadline_at = work_->deadline_at;
  batch_.priority = work_->priority;
  started_ = true;
  if (host_ != nullptr) {
    const int64_t ran = work_->thread_clock->NowNs();
    RunReport report = host_->Run(batch_);
    report.run_ns = static_cast<uint64_t>(work_->thread_clock->NowNs() - ran);
    return completion(std::move(report));
  }
  function_run_ = work_->functions->Begin();
  As<FunctionModel>(member_->model)->Start(batch_, completion);
}

bool MemberCall::Repeats(const RunReport& report) const {
  return repeats_ && rows_.count > 1 && WorthRepeating(report.status);
}

// Before anything else when a function has answered, or was not asked.
void MemberCall::EndFunction() {
  if (!function_run_) return;
  tally_->busy_ns.fetch_add(work_->functions->End(*function_run_), std::memory_order_relaxed);
  function_run_.reset();
}

void MemberCall::OnFirst(void* context, RunReport report) {
  auto* const call = static_cast<MemberCall*>(context);
  call->EndFunction();
  if (!call->Repeats(report)) return call->completion_(std::move(report));
  if (call->search_ == nullptr) call->search_ = std::make_unique<FailureSearch>();
  call->search_->Begin(call->rows_.count, std::move(report));
  call->PostSearch();
}

void MemberCall::OnRepeated(void* context, RunReport report) {
  auto* const call = static_cast<MemberCall*>(context);
  call->EndFunction();
  call->search_->Ran(std::move(report));
  if (!call->blocking()) call->PostSearch();
}

// A member that computes elsewhere may complete on any thread, even inside its call: what follows
// is a task of its own.
void MemberCall::PostSearch() {
  if (blocking()) return SearchOn();
  work_->pool->SubmitNext({[](void* call) { static_cast<MemberCall*>(call)->SearchOn(); }, this});
}

void MemberCall::SearchOn() {
  const bool waits = blocking();
  FailureSearch::Range range;
  while (search_->Next(&range)) {
    Run(range, {&OnRepeated, this});
    if (!waits) return;  // Nothing of the call may be touched after an asynchronous start.
  }
  completion_(search_->Take());
}

// --- Results ---

uint8_t* MemberCall::ModelOutput() {
  const bool fits = member_->output_row_bytes == member_->reduced_row_bytes;
  return fits ? rows_.output : labels_.Reserve(rows_.count * member_->output_row_bytes);
}

Status MemberCall::MapClasses() {
  if (member_->maps_labels) {
    return work_->kernels->MapLabels(model_output_, member_->output_type,
                                     member_->label_table.Map(), rows_.count,
                                     reinterpret_cast<int32_t*>(rows_.output), nullptr);
  }
  const std::vector<int32_t>& map = member_->class_map;
  if (map.empty()) return Status();
  const MemberOutput given = {rows_.output, member_->output_type, member_->kind,
                              member_->temperature, member_->width};
  return work_->kernels->MapClasses(given, map.data(), static_cast<uint32_t>(map.size()),
                                    rows_.count, rows_.output, nullptr);
}

const std::vector<FailedRow>& MemberCall::Finish(RunReport report) {
  const bool run_failed = !report.status.ok() || report.extra_runs > 0;
  failed_ = std::move(report.failed_rows);
  if (!report.status.ok()) {
    const auto error = std::make_shared<const Status>(std::move(report.status));
    for (uint32_t row = 0; row < rows_.count; ++row) failed_.push_back({row, error});
  }
  if (failed_.size() < rows_.count) {
    if (Status status = MapClasses(); !status.ok()) work_->kernel_error.Set(std::move(status));
  }
  const size_t row_bytes = member_->reduced_row_bytes;
  // All ones: NaN in every float type, -1 as a label.
  for (const FailedRow& failed : failed_) {
    memset(rows_.output + failed.row * row_bytes, 0xFF, row_bytes);
  }
  Book(report);
  BookFailures(run_failed);
  return failed_;
}

void MemberCall::Book(const RunReport& report) {
  constexpr auto kOrder = std::memory_order_relaxed;
  tally_->rows_run.fetch_add(started_ ? rows_.count : 0, kOrder);
  if (started_ && !lengths_.empty()) BookSteps();
  tally_->rows_padded.fetch_add(report.padded_rows, kOrder);
  tally_->run_ns.fetch_add(report.run_ns, kOrder);
  if (blocking()) tally_->busy_ns.fetch_add(report.run_ns, kOrder);
  if (report.extra_runs > 0) {
    tally_->extra_runs.fetch_add(report.extra_runs, kOrder);
    tally_->rows_repeated.fetch_add(report.repeated_rows, kOrder);
    work_->fit.Add({report.rows_that_fit, report.rows_in_memory});
  }
}

// A batch that was given up is nobody's failure; rows that a function names itself cost no other
// run.
void MemberCall::BookFailures(bool run_failed) {
  if (failed_.empty() || !started_) return;
  uint64_t failed = 0;
  uint64_t blamed = 0;
  for (const FailedRow& row : failed_) {
    const StatusCode code = row.error->code();
    if (code == StatusCode::kAborted || code == StatusCode::kClosed) continue;
    ++failed;
    if (repeats_ && run_failed && WorthRepeating(*row.error)) ++blamed;
  }
  tally_->rows_failed.fetch_add(failed, std::memory_order_relaxed);
  tally_->rows_blamed.fetch_add(blamed, std::memory_order_relaxed);
}

// A function gets every row at its own length.
void MemberCall::BookSteps() {
  uint64_t own = 0;
  uint64_t run = 0;
  for (const uint32_t length : lengths_) {
    const uint32_t* const first = rows_.lengths + length * rows_.length_rows + rows_.first;
    own = std::accumulate(first, first + rows_.count, own);
    run += rows_.count * uint64_t{work_->longest[length]};
  }
  if (!blocking()) run = own;
  tally_->steps_run.fetch_add(run, std::memory_order_relaxed);
  tally_->steps_padded.fetch_add(run - own, std::memory_order_relaxed);
}

}  // namespace quorate
