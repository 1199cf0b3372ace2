#pragma once

// Models whose output is a hash of the row: the same whatever the batch.

#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "native/model/function_model.h"
#include "test/native/fakes/fake_thread_clock.h"

namespace quorate {

inline uint32_t HashOf(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  return x ^ (x >> 16);
}

// One uint32 per row in, `width` float32 scores (or, with width 0, an int32 label) out. Members of
// other seeds mostly agree, and scores are coarse, so that votes tie and thresholds are met
// exactly.
class Hasher {
 public:
  Hasher(uint32_t seed, uint32_t width, uint32_t classes) : seed_(seed), classes_(classes) {
    info_.name = "fake";
    info_.inputs = {{"x", ElementType::kUint32, {1}}};
    info_.output = {"y", width == 0 ? ElementType::kInt32 : ElementType::kFloat32, {}};
    if (width > 0) info_.output.row_shape = {width};
  }

  ModelInfo& mutable_info() { return info_; }

  // The call fails when it holds a row of which this is true.
  std::function<bool(uint32_t row)> fails;
  uint64_t reported_ns = 0;  // Per row.
  bool keeps_log = true;

  // What the calls were: rows, and where the input lay. In order of completion.
  struct Seen {
    size_t rows;
    const void* input;
    std::vector<uint32_t> row_ids;
  };
  std::vector<Seen> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

  float Score(uint32_t row, uint32_t c) const {
    const uint32_t opinion = HashOf(row + 977 * (HashOf(row ^ (seed_ << 20)) % 3));
    return static_cast<float>(HashOf(opinion + c) % 8) / 4.0f;
  }
  int32_t Label(uint32_t row) const {
    return static_cast<int32_t>(HashOf(row ^ (HashOf(row + seed_) % 2)) % classes_);
  }

  RunReport Compute(const Batch& batch) {
    const auto* rows = static_cast<const uint32_t*>(batch.inputs[0].data);
    RunReport report;
    report.run_ns = reported_ns * batch.rows;
    FakeThreadClock::Compute(report.run_ns);
    for (size_t i = 0; i < batch.rows; ++i) {
      if (fails && fails(rows[i])) report.status = {StatusCode::kMember, "fake failure"};
      if (info_.output.row_shape.empty()) {
        static_cast<int32_t*>(batch.output)[i] = Label(rows[i]);
        continue;
      }
      const auto width = static_cast<uint32_t>(info_.output.row_shape[0]);
      for (uint32_t c = 0; c < width; ++c) {
        static_cast<float*>(batch.output)[i * width + c] = Score(rows[i], c);
      }
    }
    if (!keeps_log) return report;
    Seen call{batch.rows, batch.inputs[0].data, {}};
    for (size_t i = 0; batch.row_ids != nullptr && i < batch.rows; ++i) {
      call.row_ids.push_back(batch.row_ids[i].row);
    }
    std::lock_guard lock(mutex_);
    seen_.push_back(std::move(call));
    return report;
  }

 private:
  const uint32_t seed_;
  const uint32_t classes_;
  std::mutex mutex_;
  std::vector<Seen> seen_;

 protected:
  ModelInfo info_;
};

class FakeModel : public HostModel, public Hasher {
 public:
  using Hasher::Hasher;

  const ModelInfo& info() const override { return info_; }
  StatusOr<std::vector<int64_t>> OutputRowShape(const RowShapes&) override {
    return info_.output.row_shape;
  }
  StatusOr<uint64_t> FlopsPerRow(const RowShapes&) override {
    return Status(StatusCode::kInvalidArgument, "unknown");
  }
  void Terminate() override {}
  RunReport Run(const Batch& batch) override { return Compute(batch); }
};

// A function that computes the same on a thread of its own, and only as long as the gate is open.
class AsyncFakeModel final : public FunctionModel, public Hasher {
 public:
  AsyncFakeModel(uint32_t seed, uint32_t width, uint32_t classes, bool open = true)
      : Hasher(seed, width, classes), open_(open) {
    thread_ = std::thread([this] { Loop(); });
  }
  ~AsyncFakeModel() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  const ModelInfo& info() const override { return info_; }
  void Terminate() override {}
  bool splits = false;
  bool splits_on_failure() const override { return splits; }
  void Start(const Batch& batch, Completion completion) override {
    std::lock_guard lock(mutex_);
    waiting_.emplace_back(batch, completion);
    changed_.notify_all();
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void AwaitCall() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty(); });
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || (open_ && !waiting_.empty()); });
      if (waiting_.empty() || !open_) return;
      const auto [batch, completion] = waiting_.front();
      waiting_.erase(waiting_.begin());
      lock.unlock();
      RunReport report = Compute(batch);
      if (batch.cancel->cancelled()) report.status = {StatusCode::kAborted, "cancelled"};
      completion(std::move(report));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<Batch, Completion>> waiting_;
  bool open_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quorate
