#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/addon/cascade/member_calls.h"
#include "native/addon/completion_channel.h"
#include "native/addon/process_services.h"
#include "native/base/mutex.h"
#include "native/engine/engine.h"

namespace quorate {

// What createCascade was asked for, as plain data.
struct CascadeRequest {
  CascadeSpec spec;  // Function members still lack make_function.
  std::vector<FunctionMember> functions;
  RuntimePaths runtime_paths;
};

// A cascade without JavaScript: builds the engine, owns it, reports into the channel. Thread-safe.
// It keeps itself alive while a thread of it runs or the engine is open.
class CascadeCore final : public EngineListener, public std::enable_shared_from_this<CascadeCore> {
 public:
  CascadeCore(CascadeRequest request, std::shared_ptr<CompletionChannel> channel);

  // Once. Models load on a thread of their own.
  void StartBuild();

  // nullptr before it is built and after it has closed.
  std::shared_ptr<Engine> engine() const;
  // Also after close: then what it ended with.
  StatusOr<Counters> Snapshot() const;
  MemberCalls* member_calls() { return member_calls_.get(); }

  // On threads of their own.
  void Profile();
  void Hash();

  // While building: after that. ClosedMessage follows, once.
  void Close(int64_t drain_ns);

  // Close() without drain, when there is no listener any more; a running build gives up early.
  void Abandon();

  // Waits until nothing of it runs any more, or until the clock shows `until_ns`. True: it ended.
  bool WaitUntilEnded(int64_t until_ns);

  // Whether it builds, profiles or hashes: that cannot be stopped.
  bool has_threads() const;

  CompletionChannel* channel() { return channel_.get(); }

  // EngineListener.
  void OnBatches(std::vector<FinishedBatch> batches) override;
  void OnRows(std::vector<FinishedRow> rows) override;
  void OnLazy(uint64_t id, uint32_t tensor, std::vector<uint32_t> rows) override;
  void OnMemoryFreed() override;
  void OnInvalid(const InvalidMember& member) override;
  void OnClosed() override;

 private:
  enum class State { kBuilding, kOpen, kEnded };
  class GivingUpLoader;

  void StartThread(void (CascadeCore::*work)());
  void Build();  // cascade_build.cc, as all about building.
  std::shared_ptr<const CascadePlan> Assemble(std::vector<Status>* problems, RuntimeInfo* runtime);
  void Open(BuiltMessage message);
  void RunProfile();
  void RunHash();
  Status GoOn() const;  // kClosed once it was abandoned.
  void AddFunctions();
  bool NeedsRuntime() const;

  CascadeRequest request_;
  const uint8_t measures_;
  const std::shared_ptr<CompletionChannel> channel_;
  const std::shared_ptr<MemberCalls> member_calls_;

  mutable Mutex mutex_;
  CondVar changed_;
  State state_ QUORATE_GUARDED_BY(mutex_) = State::kBuilding;
  std::shared_ptr<Engine> engine_ QUORATE_GUARDED_BY(mutex_);
  std::shared_ptr<CascadeCore> self_ QUORATE_GUARDED_BY(mutex_);  // While the engine is open.
  Counters last_counters_ QUORATE_GUARDED_BY(mutex_);
  int threads_ QUORATE_GUARDED_BY(mutex_) = 0;
  bool close_asked_ QUORATE_GUARDED_BY(mutex_) = false;
  bool closed_reported_ QUORATE_GUARDED_BY(mutex_) = false;
  int64_t drain_ns_ QUORATE_GUARDED_BY(mutex_) = kForever;
  bool abandoned_ QUORATE_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate
