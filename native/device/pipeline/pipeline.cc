#include "native/device/pipeline/pipeline.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "native/base/mutex.h"
#include "native/device/pipeline/check.h"
#include "native/device/pipeline/drain.h"
#include "native/device/pipeline/members.h"
#include "native/device/pipeline/reduction.h"
#include "native/device/pipeline/rows.h"
#include "native/device/pipeline/slot.h"

namespace quorate {
namespace {

Status Closed(const std::string& name) { return Status(StatusCode::kClosed, name + " is closed"); }

bool IsCancelled(const PipelineBatch& batch) {
  return batch.cancelled != nullptr && batch.cancelled->load(std::memory_order_relaxed);
}

class PipelineImpl final : public Pipeline {
 public:
  PipelineImpl(Device* device, PipelineOptions options)
      : device_(device), options_(std::move(options)) {
    thread_ = std::thread([this] { Loop(); });
  }
  ~PipelineImpl() override { Close(); }

  // Returns when the thread has allocated and warmed up, or could not.
  Status AwaitStart() {
    MutexLock lock(&mutex_);
    while (!started_) changed_.Wait(&mutex_);
    return *started_;
  }

  Status Submit(PipelineBatch batch) override;
  void Close() override;
  uint64_t device_bytes() const override { return device_bytes_; }

 private:
  // What the thread does next: one of them, or nothing any more.
  struct Step {
    PipelineSlot* begins = nullptr;
    PipelineSlot* finishes = nullptr;
    std::deque<PipelineBatch> refused;
  };

  void Loop();
  Status Prepare();
  void TearDown();
  void Serve();
  Step Next();
  bool Begin(PipelineSlot& slot);
  Status Enqueue(PipelineSlot& slot);
  void Finish(PipelineSlot& slot);
  PipelineResult ResultOf(PipelineSlot& slot);
  bool CanBegin() const QUORATE_REQUIRES(mutex_) {
    return !closing_ && !queue_.empty() && !free_.empty();
  }
  bool CanFinish() const QUORATE_REQUIRES(mutex_) {
    return !flying_.empty() && flying_.front()->over;
  }

  Device* const device_;
  const PipelineOptions options_;

  // The pipeline's thread alone, which also frees what it allocated.
  uint64_t device_bytes_ = 0;  // Constant since the start.
  std::unique_ptr<PipelineRows> rows_;
  std::unique_ptr<PipelineReduction> reduction_;
  std::unique_ptr<Drain> drain_;
  std::vector<PipelineSlot> slots_;
  std::deque<PipelineSlot*> free_;
  std::deque<PipelineSlot*> flying_;  // Oldest first; so do they end.
  Status broken_;                     // Not OK: the device is beyond use, no batch begins any more.

  Mutex mutex_;
  CondVar changed_;
  std::optional<Status> started_ QUORATE_GUARDED_BY(mutex_);
  std::deque<PipelineBatch> queue_ QUORATE_GUARDED_BY(mutex_);
  bool closing_ QUORATE_GUARDED_BY(mutex_) = false;
  std::once_flag joined_;
  std::thread thread_;
};

// --- From outside ---

Status PipelineImpl::Submit(PipelineBatch batch) {
  QUORATE_RETURN_IF_ERROR(CheckBatch(options_, batch));
  MutexLock lock(&mutex_);
  if (closing_) return Closed(options_.name);
  queue_.push_back(std::move(batch));
  changed_.NotifyAll();
  return Status();
}

void PipelineImpl::Close() {
  {
    MutexLock lock(&mutex_);
    closing_ = true;
    changed_.NotifyAll();
  }
  std::call_once(joined_, [this] { thread_.join(); });
}

// --- The pipeline's thread ---

void PipelineImpl::Loop() {
  Status status = Prepare();
  const bool ok = status.ok();
  {
    MutexLock lock(&mutex_);
    started_ = std::move(status);
    changed_.NotifyAll();
  }
  if (ok) Serve();
  TearDown();
}

// The answers are out, but the last gather may still read the slots.
void PipelineImpl::TearDown() {
  if (drain_ != nullptr) (void)drain_->Await();
  for (PipelineSlot& slot : slots_) UnbindMembers(options_, slot);
  slots_.clear();
  drain_.reset();
  reduction_.reset();
  rows_.reset();
}

Status PipelineImpl::Prepare() {
  QUORATE_ASSIGN_OR_RETURN(rows_, PipelineRows::Create(device_, options_));
  QUORATE_ASSIGN_OR_RETURN(reduction_, PipelineReduction::Create(device_, options_));
  std::vector<DeviceStream*> streams = {rows_->stream(), reduction_->stream()};
  for (const PipelineMember& member : options_.members) {
    streams.push_back(member.model->lane()->stream());
  }
  QUORATE_ASSIGN_OR_RETURN(drain_, Drain::Create(device_, options_.name, std::move(streams)));
  QUORATE_RETURN_IF_ERROR(reduction_->UploadClassMaps());
  slots_.reserve(options_.slots);
  for (size_t i = 0; i < options_.slots; ++i) {
    QUORATE_ASSIGN_OR_RETURN(PipelineSlot slot, PipelineSlot::Create(device_, options_, i));
    slots_.push_back(std::move(slot));
    QUORATE_RETURN_IF_ERROR(rows_->Clear(slots_[i]));
    QUORATE_RETURN_IF_ERROR(BindMembers(device_, options_, slots_[i]));
    QUORATE_RETURN_IF_ERROR(device_->Await(*slots_[i].uploaded));
    free_.push_back(&slots_[i]);
    device_bytes_ += slots_[i].DeviceBytes();
  }
  device_bytes_ += rows_->DeviceBytes() + reduction_->DeviceBytes();
  return Status();
}

void PipelineImpl::Serve() {
  for (;;) {
    Step step = Next();
    if (step.begins != nullptr) {
      (Begin(*step.begins) ? flying_ : free_).push_back(step.begins);
    } else if (step.finishes != nullptr) {
      Finish(*step.finishes);
      free_.push_back(step.finishes);
    } else if (!step.refused.empty()) {
      PipelineResult result;
      result.status = Closed(options_.name);
      for (const PipelineBatch& batch : step.refused) batch.done(result);
    } else {
      return;
    }
  }
}

// A batch that can begin goes before one that can end: the device gets its next work first.
PipelineImpl::Step PipelineImpl::Next() {
  Step step;
  MutexLock lock(&mutex_);
  while (!CanBegin() && !CanFinish() && !(closing_ && (!queue_.empty() || flying_.empty()))) {
    changed_.Wait(&mutex_);
  }
  if (CanBegin()) {
    step.begins = free_.front();
    free_.pop_front();
    step.begins->batch = std::move(queue_.front());
    queue_.pop_front();
  } else if (CanFinish()) {
    step.finishes = flying_.front();
    flying_.pop_front();
  } else {
    step.refused.swap(queue_);
  }
  return step;
}

bool PipelineImpl::Begin(PipelineSlot& slot) {
  const std::vector<size_t>& buckets = options_.buckets;
  slot.rows = slot.batch.Rows();
  slot.bucket = static_cast<size_t>(std::lower_bound(buckets.begin(), buckets.end(), slot.rows) -
                                    buckets.begin());
  slot.over = false;
  PipelineResult result;
  if (IsCancelled(slot.batch)) {
    result.status = Status(StatusCode::kAborted, "the batch was cancelled");
  } else if (!broken_.ok()) {
    result.status = broken_;
  } else {
    result.status = Enqueue(slot);
    if (result.status.ok()) return true;
    broken_ = drain_->Await();
  }
  const PipelineBatch batch = std::exchange(slot.batch, {});
  batch.done(result);
  return false;
}

Status PipelineImpl::Enqueue(PipelineSlot& slot) {
  QUORATE_RETURN_IF_ERROR(rows_->Upload(slot));
  QUORATE_RETURN_IF_ERROR(RunMembers(options_, slot));
  return reduction_->Reduce(slot, [this, &slot] {
    MutexLock lock(&mutex_);
    slot.over = true;
    changed_.NotifyAll();
  });
}

void PipelineImpl::Finish(PipelineSlot& slot) {
  PipelineResult result;
  bool answered = false;
  result.status = device_->Await(*slot.downloaded);
  if (!result.status.ok()) broken_ = result.status;
  if (result.status.ok()) {
    std::vector<MemoryRange> reads = {slot.host_result.First(slot.Layout(options_).bytes)};
    const bool outputs = slot.batch.detail == Detail::kOutputs;
    for (size_t k = 0; outputs && k < slot.host_outputs.size(); ++k) {
      if (!slot.member_status[k].ok()) continue;
      reads.push_back(
          slot.host_outputs[k].First(slot.rows * options_.members[k].ReducedRowBytes()));
    }
    result.status = device_->OnHost({"read answers", reads, {}, [&](void*) {
                                       answered = true;
                                       const PipelineResult answers = ResultOf(slot);
                                       slot.batch.done(answers);
                                       return Status();
                                     }});
  }
  if (!answered) slot.batch.done(result);
  slot.batch = {};
}

PipelineResult PipelineImpl::ResultOf(PipelineSlot& slot) {
  PipelineResult result;
  result.rows = slot.rows;
  if (IsCancelled(slot.batch)) {
    result.status = Status(StatusCode::kAborted, "the batch was cancelled");
    return result;
  }
  const ResultLayout layout = slot.Layout(options_);
  uint8_t* const block = slot.host_result.data();
  result.wants = layout.wants;
  result.columns = layout.columns.In(block);
  result.deferred = reinterpret_cast<const uint32_t*>(block + layout.deferred);
  result.times = slot.Times(device_);
  if (!options_.plan.last) {
    result.deferred_count = *reinterpret_cast<const uint32_t*>(block + layout.count);
    result.deferred_rows = rows_->KeepDeferred(slot, result.deferred_count);
  }
  for (size_t k = 0; k < slot.member_status.size(); ++k) {
    const bool ok = slot.member_status[k].ok();
    if (slot.batch.detail == Detail::kOutputs) {
      result.outputs.push_back(ok ? slot.host_outputs[k].data() : nullptr);
    }
    if (ok) continue;
    if (result.failed_members == 0) result.member_error = slot.member_status[k];
    result.failed_members |= uint64_t{1} << k;
  }
  return result;
}

}  // namespace

StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(Device* device, PipelineOptions options) {
  QUORATE_RETURN_IF_ERROR(CheckOptions(device, options));
  auto pipeline = std::make_unique<PipelineImpl>(device, std::move(options));
  QUORATE_RETURN_IF_ERROR(pipeline->AwaitStart());
  return std::unique_ptr<Pipeline>(std::move(pipeline));
}

}  // namespace quorate
