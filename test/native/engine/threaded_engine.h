#pragma once

// An engine with real threads and time, and callers that wait for their answers.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "native/engine/engine.h"
#include "test/native/engine/finished_call.h"
#include "test/native/fakes/fake_thread_clock.h"

namespace quorate {

class ThreadedListener final : public EngineListener {
 public:
  void OnBatches(std::vector<FinishedBatch> batches) override { Keep(std::move(batches)); }
  void OnRows(std::vector<FinishedRow> rows) override { Keep(std::move(rows)); }
  void OnInvalid(const InvalidMember&) override {}
  void OnLazy(uint64_t id, uint32_t tensor, std::vector<uint32_t> rows) override {
    std::unique_ptr<uint8_t[]> data;
    {
      std::lock_guard lock(mutex_);
      if (const auto given = lazy_.find(id); given != lazy_.end()) {
        data.reset(new uint8_t[rows.size() * sizeof(uint32_t)]);
        for (size_t i = 0; i < rows.size(); ++i) {
          std::memcpy(&data[i * sizeof(uint32_t)], &given->second[rows[i]], sizeof(uint32_t));
        }
      }
    }
    // Asked too late: all rows of the call are over, or this fails them.
    engine->Provide(id, tensor, rows, std::move(data), {StatusCode::kInput, "nobody waits"});
  }
  void OnMemoryFreed() override {}
  void OnClosed() override {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  void GiveLazily(uint64_t id, const std::vector<uint32_t>& rows) {
    std::lock_guard lock(mutex_);
    lazy_[id] = rows;
  }
  void ForgetLazy(uint64_t id) {
    std::lock_guard lock(mutex_);
    lazy_.erase(id);
  }
  FinishedCall Await(uint64_t id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(id); });
    return std::move(done_.extract(id).mapped());
  }
  void AwaitClosed() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_; });
  }
  Engine* engine = nullptr;

 private:
  template <typename Finished>
  void Keep(std::vector<Finished> calls) {
    std::lock_guard lock(mutex_);
    for (Finished& call : calls) {
      const uint64_t id = call.id;
      EXPECT_TRUE(done_.emplace(id, std::move(call)).second) << "reported twice";
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, FinishedCall> done_;
  std::map<uint64_t, std::vector<uint32_t>> lazy_;
  bool closed_ = false;
};

struct ThreadedEngine {
  ThreadedEngine(const CascadeSpec& spec, ModelLoader* loader, unsigned threads)
      : timer(&clock), pool(threads) {
    std::vector<Status> problems;
    EngineParts parts;
    parts.plan = Assemble(spec, loader, &problems);
    for (const Status& problem : problems) ADD_FAILURE() << problem.message();
    parts.kernels = NewCpuKernels();
    parts.pool = &pool;
    parts.timer = &timer;
    parts.clock = &clock;
    parts.thread_clock = &thread_clock;
    engine = Engine::Create(parts, &listener);
    listener.engine = engine.get();
  }
  ~ThreadedEngine() {
    engine->Close(kForever);
    listener.AwaitClosed();
    engine.reset();
  }
  void CheckCounters() {
    const Counters c = engine->Snapshot();
    ASSERT_EQ(c.submitted, c.settled + c.pending);
    uint64_t in_flight = 0;
    for (const TierCounters& t : c.tiers) {
      ASSERT_EQ(t.entered, t.exited + t.deferred + t.failed + t.cancelled + t.expired + t.rejected +
                               t.in_flight);
      ASSERT_EQ(t.run_times.total(), t.batches);
      for (const MemberCounters& m : t.members) {
        ASSERT_EQ(t.queue_times.total(), m.rows_run + m.rows_skipped + m.rows_reused);
      }
      in_flight += t.in_flight;
    }
    ASSERT_EQ(in_flight, c.pending);
    for (const DeviceCounters& device : c.devices) {
      uint64_t shares = 0;
      for (const auto& tier : device.shares) {
        for (const uint64_t share : tier) shares += share;
      }
      ASSERT_EQ(shares, device.busy_ns);
    }
  }
  const SteadyClock clock;
  const FakeThreadClock thread_clock;
  Timer timer;
  Pool pool;
  ThreadedListener listener;
  std::atomic<uint64_t> next_id{1};
  std::unique_ptr<Engine> engine;
};

inline Call MakeCall(uint64_t id, const std::vector<uint32_t>& rows, bool copy) {
  Call call;
  call.id = id;
  call.rows = static_cast<uint32_t>(rows.size());
  const auto* data = reinterpret_cast<const uint8_t*>(rows.data());
  if (copy) {
    call.storage_bytes = rows.size() * sizeof(uint32_t);
    call.storage.reset(new uint8_t[call.storage_bytes]);
    std::memcpy(call.storage.get(), data, call.storage_bytes);
    data = call.storage.get();
  }
  call.tensors = {{data, false}};
  return call;
}

}  // namespace quorate
