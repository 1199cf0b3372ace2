#include "native/addon/cascade/cascade_core.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "native/addon/process_services.h"
#include "native/base/free_memory.h"

namespace quorate {

namespace {

// [tier][member]
StatusOr<std::vector<std::vector<std::string>>> HashModels(const CascadePlan& plan) {
  std::vector<std::vector<std::string>> hashes;
  for (const PlannedTier& tier : plan.tiers) {
    std::vector<std::string>& of_tier = hashes.emplace_back();
    for (const PlannedMember& member : tier.members) {
      std::string& hash = of_tier.emplace_back();
      const ModelInfo& model = InfoOf(member.model);
      if (!model.sha256) continue;
      QUORATE_ASSIGN_OR_RETURN(hash, model.sha256());
    }
  }
  return hashes;
}

}  // namespace

CascadeCore::CascadeCore(CascadeRequest request, std::shared_ptr<CompletionChannel> channel)
    : request_(std::move(request)),
      measures_(request_.spec.measures),
      channel_(std::move(channel)),
      member_calls_(std::make_shared<MemberCalls>(channel_, ProcessServices::Process().pool(),
                                                  ProcessServices::Process().timer(),
                                                  ProcessServices::Process().clock())) {}

void CascadeCore::StartThread(void (CascadeCore::*work)()) {
  {
    MutexLock lock(&mutex_);
    ++threads_;
  }
  const auto run = [self = shared_from_this(), work] {
    (self.get()->*work)();
    MutexLock lock(&self->mutex_);
    --self->threads_;
    self->changed_.NotifyAll();
  };
  try {
    std::thread(run).detach();
  } catch (const std::system_error&) {
    run();  // No thread to be had: slow, but right.
  }
}

std::shared_ptr<Engine> CascadeCore::engine() const {
  MutexLock lock(&mutex_);
  return engine_;
}

StatusOr<Counters> CascadeCore::Snapshot() const {
  if (const auto open = engine()) return open->Snapshot();
  MutexLock lock(&mutex_);
  if (!last_counters_.tiers.empty()) return last_counters_;  // Since the engine has gone.
  return Status(StatusCode::kInvalidArgument, "the cascade is not built");
}

void CascadeCore::Profile() { StartThread(&CascadeCore::RunProfile); }

void CascadeCore::RunProfile() {
  const auto open = engine();
  ProfiledMessage message;
  if (open == nullptr) {
    message.error = {StatusCode::kClosed, "the cascade is closed"};
  } else {
    message.flops = open->Profile();
  }
  channel_->Post(std::move(message));
}

void CascadeCore::Hash() { StartThread(&CascadeCore::RunHash); }

void CascadeCore::RunHash() {
  const auto open = engine();
  HashedMessage message;
  if (open == nullptr) {
    message.error = {StatusCode::kClosed, "the cascade is closed"};
  } else {
    auto hashes = HashModels(open->plan());
    message.error = hashes.status();
    if (hashes.ok()) message.sha256 = std::move(hashes).value();
  }
  channel_->Post(std::move(message));
}

void CascadeCore::Close(int64_t drain_ns) {
  std::shared_ptr<Engine> open;
  {
    MutexLock lock(&mutex_);
    close_asked_ = true;
    drain_ns_ = std::min(drain_ns_, drain_ns);
    if (state_ == State::kBuilding) return;  // Build() will see it.
    open = engine_;
    if (open == nullptr && (state_ != State::kEnded || std::exchange(closed_reported_, true))) {
      return;
    }
  }
  if (open != nullptr) {
    open->Close(drain_ns);
  } else {
    channel_->Post(ClosedMessage{});  // It was never built.
  }
}

void CascadeCore::Abandon() {
  {
    MutexLock lock(&mutex_);
    abandoned_ = true;
  }
  Close(0);
}

bool CascadeCore::has_threads() const {
  MutexLock lock(&mutex_);
  return threads_ > 0;
}

bool CascadeCore::WaitUntilEnded(int64_t until_ns) {
  const Clock* const clock = ProcessServices::Process().clock();
  MutexLock lock(&mutex_);
  const auto ended = [this]() QUORATE_REQUIRES(mutex_) {
    return state_ == State::kEnded && threads_ == 0;
  };
  for (int64_t left; !ended() && (left = until_ns - clock->NowNs()) > 0;) {
    changed_.WaitUntil(&mutex_, std::chrono::steady_clock::now() + std::chrono::nanoseconds(left));
  }
  return ended();
}

// Batches become columns here, on the engine's thread; single rows are merged where they arrive.
void CascadeCore::OnBatches(std::vector<FinishedBatch> batches) {
  for (FinishedBatch& batch : batches) {
    const uint64_t id = batch.id;
    channel_->Post(BatchMessage{id, MakeColumns(std::move(batch), measures_)});
  }
}

void CascadeCore::OnRows(std::vector<FinishedRow> rows) { channel_->PostRows(std::move(rows)); }

void CascadeCore::OnLazy(uint64_t id, uint32_t tensor, std::vector<uint32_t> rows) {
  channel_->Post(LazyMessage{id, tensor, std::move(rows)});
}

void CascadeCore::OnMemoryFreed() {
  ProcessServices::Process().pool()->Submit({[](void*) { ReturnFreeMemory(); }, nullptr});
}

void CascadeCore::OnInvalid(const InvalidMember& member) { channel_->Post(InvalidMessage{member}); }

// The engine and its models are gone before JavaScript is told, unless a thread is inside.
void CascadeCore::OnClosed() {
  std::shared_ptr<CascadeCore> self;
  std::shared_ptr<Engine> open;
  {
    MutexLock lock(&mutex_);
    last_counters_ = engine_->Snapshot();
    open = std::move(engine_);
    self = std::move(self_);
    closed_reported_ = true;
  }
  open.reset();
  ReturnFreeMemory();
  channel_->Post(ClosedMessage{});
  MutexLock lock(&mutex_);
  state_ = State::kEnded;
  changed_.NotifyAll();
}

}  // namespace quorate
