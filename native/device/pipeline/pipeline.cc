#include "native/device/pipeline/pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "native/device/pipeline/pipeline_check.h"
#include "native/device/pipeline/pipeline_steps.h"

namespace quorate {
namespace {

// Binding and warming up load, allocate, plan and capture, which other members' work on a device
// disturbs. Leaked: a thread may hold it when the process ends.
std::mutex& BindLock() {
  static std::mutex& lock = *new std::mutex;
  return lock;
}

Status Closed(const std::string& name) { return Status(StatusCode::kClosed, name + " is closed"); }

class PipelineImpl final : public Pipeline {
 public:
  PipelineImpl(Device* device, PipelineOptions options)
      : device_(device), options_(std::move(options)) {
    thread_ = std::thread([this] { Loop(); });
  }
  ~PipelineImpl() override { Close(); }

  // Returns when the thread has allocated and warmed up, or could not.
  Status AwaitStart() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_.has_value(); });
    return *started_;
  }

  Status Submit(PipelineBatch batch) override;
  void Close() override;
  uint64_t device_bytes() const override { return device_bytes_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void Loop();
  Status Prepare();
  Status Bind(PipelineSlot& slot);
  void TearDown();
  void Serve();
  bool Begin(PipelineSlot& slot);
  Status Enqueue(PipelineSlot& slot);
  void Finish(PipelineSlot& slot);
  PipelineResult ResultOf(PipelineSlot& slot);
  // Calls work(k) on the lane of each member from `first` to `end`, and waits for all.
  void OnLanes(size_t first, size_t end, const std::function<void(size_t)>& work);
  bool CanBegin() const { return !closing_ && !queue_.empty() && !free_.empty(); }
  bool CanFinish() const { return !flying_.empty() && flying_.front()->over; }

  Device* const device_;
  const PipelineOptions options_;

  // The pipeline's thread alone, which also frees what it allocated.
  uint64_t device_bytes_ = 0;  // Constant since the start.
  std::unique_ptr<PipelineSteps> steps_;
  std::vector<PipelineSlot> slots_;
  std::deque<PipelineSlot*> free_;
  std::deque<PipelineSlot*> flying_;  // Oldest first; so do they end.
  Status broken_;                     // Not OK: the device is beyond use, no batch begins any more.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Status> started_;
  std::deque<PipelineBatch> queue_;
  size_t lanes_busy_ = 0;
  bool closing_ = false;
  std::once_flag joined_;
  std::thread thread_;
};

// --- From outside ---

Status PipelineImpl::Submit(PipelineBatch batch) {
  QUORATE_RETURN_IF_ERROR(CheckBatch(options_, batch));
  std::lock_guard lock(mutex_);
  if (closing_) return Closed(options_.name);
  queue_.push_back(std::move(batch));
  changed_.notify_all();
  return Status();
}

void PipelineImpl::Close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  std::call_once(joined_, [this] { thread_.join(); });
}

// --- The pipeline's thread ---

void PipelineImpl::Loop() {
  Status status = Prepare();
  const bool ok = status.ok();
  {
    std::lock_guard lock(mutex_);
    started_ = std::move(status);
    changed_.notify_all();
  }
  if (ok) Serve();
  if (steps_ != nullptr) TearDown();
}

// The answers are out, but the last gather may still read the slots.
void PipelineImpl::TearDown() {
  (void)steps_->Drain();
  for (PipelineSlot& slot : slots_) {
    OnLanes(0, options_.members.size(), [&](size_t k) { steps_->UnbindMember(slot, k); });
  }
  slots_.clear();
  steps_.reset();
}

Status PipelineImpl::Prepare() {
  QUORATE_ASSIGN_OR_RETURN(steps_, PipelineSteps::Create(device_, options_));
  QUORATE_RETURN_IF_ERROR(steps_->UploadClassMaps());
  slots_.reserve(options_.slots);
  for (size_t i = 0; i < options_.slots; ++i) {
    QUORATE_ASSIGN_OR_RETURN(PipelineSlot slot, PipelineSlot::Create(device_, options_, i));
    slots_.push_back(std::move(slot));
    if (!options_.Guarded(Guard::kOwnOutputs)) slots_[i].output_data = slots_[0].output_data;
    QUORATE_RETURN_IF_ERROR(steps_->Clear(slots_[i]));
    QUORATE_RETURN_IF_ERROR(Bind(slots_[i]));
    QUORATE_RETURN_IF_ERROR(device_->Await(*slots_[i].uploaded));
    free_.push_back(&slots_[i]);
    device_bytes_ += slots_[i].DeviceBytes();
  }
  device_bytes_ += steps_->DeviceBytes();
  return Status();
}

Status PipelineImpl::Bind(PipelineSlot& slot) {
  std::lock_guard alone(BindLock());
  for (size_t k = 0; k < options_.members.size(); ++k) {
    Status status;
    OnLanes(k, k + 1, [&](size_t) { status = steps_->BindMember(slot, k); });
    QUORATE_RETURN_IF_ERROR(status);
    QUORATE_RETURN_IF_ERROR(device_->Await(*slot.member_done[k]));
  }
  return Status();
}

// A batch that can begin goes before one that can end: the device gets its next work first.
void PipelineImpl::Serve() {
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || CanBegin() || CanFinish(); });
    if (CanBegin()) {
      PipelineSlot* const slot = free_.front();
      free_.pop_front();
      slot->batch = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      const bool flies = Begin(*slot);
      lock.lock();
      (flies ? flying_ : free_).push_back(slot);
    } else if (CanFinish()) {
      PipelineSlot* const slot = flying_.front();
      flying_.pop_front();
      lock.unlock();
      Finish(*slot);
      lock.lock();
      free_.push_back(slot);
    } else if (!queue_.empty()) {
      const std::deque<PipelineBatch> refused = std::exchange(queue_, {});
      lock.unlock();
      PipelineResult result;
      result.status = Closed(options_.name);
      for (const PipelineBatch& batch : refused) batch.done(result);
      lock.lock();
    } else if (flying_.empty()) {
      return;
    } else {
      changed_.wait(lock, [this] { return CanFinish(); });
    }
  }
}

bool PipelineImpl::Begin(PipelineSlot& slot) {
  const std::vector<size_t>& buckets = options_.buckets;
  slot.rows = slot.batch.Rows();
  slot.bucket = static_cast<size_t>(std::lower_bound(buckets.begin(), buckets.end(), slot.rows) -
                                    buckets.begin());
  slot.over = false;
  PipelineResult result;
  if (slot.batch.cancelled != nullptr && slot.batch.cancelled->load(std::memory_order_relaxed)) {
    result.status = Status(StatusCode::kAborted, "the batch was cancelled");
  } else if (!broken_.ok()) {
    result.status = broken_;
  } else {
    result.status = Enqueue(slot);
    if (result.status.ok()) return true;
    broken_ = steps_->Drain();
  }
  const PipelineBatch batch = std::exchange(slot.batch, {});
  batch.done(result);
  return false;
}

Status PipelineImpl::Enqueue(PipelineSlot& slot) {
  QUORATE_RETURN_IF_ERROR(steps_->Upload(slot));
  OnLanes(0, options_.members.size(), [&](size_t k) { steps_->RunMember(slot, k); });
  for (const Status& status : slot.device_status) QUORATE_RETURN_IF_ERROR(status);
  return steps_->Reduce(slot, [this, &slot] {
    std::lock_guard lock(mutex_);
    slot.over = true;
    changed_.notify_all();
  });
}

void PipelineImpl::OnLanes(size_t first, size_t end, const std::function<void(size_t)>& work) {
  Lock lock(mutex_);
  lanes_busy_ = end - first;
  for (size_t k = first; k < end; ++k) {
    options_.members[k].model->lane()->Post([this, &work, k] {
      work(k);
      std::lock_guard ended(mutex_);
      if (--lanes_busy_ == 0) changed_.notify_all();
    });
  }
  changed_.wait(lock, [this] { return lanes_busy_ == 0; });
}

void PipelineImpl::Finish(PipelineSlot& slot) {
  PipelineResult result;
  bool answered = false;
  if (options_.Guarded(Guard::kResultAwaited)) result.status = device_->Await(*slot.downloaded);
  if (!result.status.ok()) broken_ = result.status;
  if (result.status.ok()) {
    const MemoryRange read = slot.host_result.First(steps_->LayoutOf(slot).bytes);
    result.status = device_->OnHost({"read answers", {&read, 1}, {}, [&](void*) {
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
  if (slot.batch.cancelled != nullptr && slot.batch.cancelled->load(std::memory_order_relaxed)) {
    result.status = Status(StatusCode::kAborted, "the batch was cancelled");
    return result;
  }
  const ResultLayout layout = steps_->LayoutOf(slot);
  uint8_t* const block = slot.host_result.data();
  result.block = block;
  result.wants = layout.wants;
  result.columns = layout.columns.In(block);
  result.deferred = reinterpret_cast<const uint32_t*>(block + layout.deferred);
  result.times = steps_->TimesOf(slot);
  if (!options_.plan.last) {
    result.deferred_count = *reinterpret_cast<const uint32_t*>(block + layout.count);
    result.deferred_rows = steps_->KeepDeferred(slot, result.deferred_count);
  }
  for (size_t k = 0; k < slot.member_status.size(); ++k) {
    if (slot.member_status[k].ok()) continue;
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
