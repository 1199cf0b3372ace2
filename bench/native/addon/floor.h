#pragma once

// The least time a machine needs for the Runs of a cascade: threads that pull them from a counter.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/native/addon/bound_run.h"
#include "bench/native/addon/spin_barrier.h"
#include "native/base/aligned_buffer.h"
#include "native/base/status.h"

namespace quorate::bench {

struct FloorTierSpec {
  std::vector<std::string> members;  // Paths; one path twice is one session, as in a cascade.
  size_t rows = 0;
};

struct FloorSpec {
  std::vector<std::string> runtime_paths;
  std::vector<FloorTierSpec> tiers;
  size_t batch_rows = 0;  // Rows of a shard.
  size_t threads = 0;     // 0: one per core.
  size_t passes = 0;
};

// Nothing of a scheduler: per tier one counter, and a barrier at its end. No reduction, no
// gathering: every tier has rows of its own in place. Start(), Figures() and the destructor: one
// thread.
class Floor {
 public:
  // Loads the models, binds and runs every shard once. `done` is called on some thread when a run
  // has ended.
  static StatusOr<std::unique_ptr<Floor>> Open(const FloorSpec& spec, std::function<void()> done);
  // Waits for the run in progress, and for the threads.
  ~Floor();

  // REQUIRES: no run in progress.
  void Start();

  // Milliseconds of all passes of the last run: from when all threads were awake until all had
  // finished. The first error if there was one.
  StatusOr<double> Figures();

 private:
  using Clock = std::chrono::steady_clock;

  struct Tier {
    AlignedBuffer input;
    std::vector<AlignedBuffer> outputs;  // One per member.
    std::vector<BoundRun> runs;          // Members by shards.
  };

  Floor(size_t threads, size_t passes, std::function<void()> done);
  Status AddTier(const std::vector<std::shared_ptr<const BenchModel>>& members, size_t rows,
                 size_t batch_rows);
  void StartThreads();
  void Work();
  bool WaitForStart(uint64_t* runs_seen);
  void RunTier(const Tier& tier);
  void AtBarrier();

  const size_t thread_count_;
  const size_t passes_;
  const std::function<void()> done_;
  std::vector<Tier> tiers_;

  alignas(64) std::atomic<size_t> next_{0};  // The next run of the tier.
  SpinBarrier barrier_;
  size_t step_ = 0;  // Barriers of this run; like start_ and ms_ touched in barriers only.
  Clock::time_point start_;
  double ms_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  uint64_t runs_wanted_ = 0;  // Guarded by mutex_, like all below.
  bool stop_ = false;
  Status failure_;
  std::vector<std::thread> threads_;  // Start() and destructor only. Last: they use all above.
};

}  // namespace quorate::bench
