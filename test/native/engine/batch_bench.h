#pragma once

// One batch through one tier, without an engine: a tier with its models, and a caller that waits.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native/engine/host_batch/host_batch.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"

namespace quorate {

struct Bench {
  explicit Bench(uint32_t classes, unsigned threads = 3) : pool(threads) {
    plan.classes = classes;
    plan.tensors = {{"x", ElementType::kUint32, {1}, sizeof(uint32_t), {0}}};
    tier.name = "tier";
    tier.tensors = {0};
    tier.reduction.classes = classes;
    tier.reduction.measures = kScore | kConfidence | kMargin | kEntropy;
    rule = Rule({Op(RuleKind::kVotes, 1, 0)});
  }

  PlannedMember& Add(LoadedModel model) {
    PlannedMember member;
    const TensorSpec& output = InfoOf(model).output;
    member.output_type = output.type;
    member.kind = output.row_shape.empty() ? OutputKind::kLabel : OutputKind::kLogits;
    member.width = output.row_shape.empty() ? 1 : static_cast<uint32_t>(output.row_shape[0]);
    member.output_row_bytes = member.width * ElementSize(member.output_type);
    member.reduced_type = member.output_type;
    member.reduced_row_bytes = member.output_row_bytes;
    member.tensors = {0};
    member.name = "m" + std::to_string(tier.members.size());
    member.model = std::move(model);
    member.warm_ns_per_row = 1e6;  // Much work: all threads, as many shards as allowed.
    tier.members.push_back(std::move(member));
    tier.reduction.members = static_cast<uint32_t>(tier.members.size());
    return tier.members.back();
  }
  std::shared_ptr<FakeModel> AddFake(uint32_t seed) {
    auto model = std::make_shared<FakeModel>(seed, plan.classes, plan.classes);
    Add(model);
    return model;
  }
  std::shared_ptr<AsyncFakeModel> AddAsync(uint32_t seed, bool open) {
    auto model = std::make_shared<AsyncFakeModel>(seed, plan.classes, plan.classes, open);
    Add(model);
    return model;
  }

  // Those of the members so far, which then are all.
  MemberCosts& costs() {
    if (costs_ == nullptr) costs_ = std::make_unique<MemberCosts>(tier);
    return *costs_;
  }
  BatchParts Parts() {
    return {&plan, &tier, 0, kernels.get(), &pool, &clock, &thread_clock, &functions, &costs()};
  }

  Pool pool;  // Outlives the models, whose threads submit to it.
  CascadePlan plan;
  PlannedTier tier;
  RuleProgram rule;
  std::unique_ptr<Kernels> kernels = NewCpuKernels();
  SteadyClock clock;
  FakeThreadClock thread_clock;
  OverlapMeter functions{&clock};

 private:
  std::unique_ptr<MemberCosts> costs_;
};

// Owns the rows and waits for the answers. Row i holds values[i]; its id is i.
class Caller final : public BatchListener {
 public:
  explicit Caller(Bench* bench) : bench_(bench), run_(NewHostBatch(bench->Parts(), this)) {}
  ~Caller() override { bench_->pool.Join(); }

  BatchRun& Run(size_t rows, uint32_t first_value = 0, bool scattered = false) {
    Start(rows, first_value, scattered);
    return Await();
  }
  void Start(size_t rows, uint32_t first_value = 0, bool scattered = false) {
    scattered_ = scattered;
    data_.assign(rows * 2, 0);
    run_->rows.clear();
    for (uint32_t i = 0; i < rows; ++i) {
      data_[Place(i)] = first_value + i;
      run_->rows.push_back({nullptr, i, 0});
    }
    run_->detail = detail;
    run_->point = std::make_shared<OperatingPoint>(OperatingPoint{{bench_->rule}});
    {
      std::lock_guard lock(mutex_);
      done_ = released_ = false;
    }
    run_->Start();
  }
  BatchRun& Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return released_; });
    return *run_;
  }
  BatchRun& run() { return *run_; }
  const uint32_t* data() const { return data_.data(); }

  const uint8_t* RowData(const RowRef& row, uint32_t) override {
    EXPECT_NE(std::this_thread::get_id(), owner_) << "not a thread of the pool";
    return reinterpret_cast<const uint8_t*>(&data_[Place(row.row)]);
  }
  const float* RowEvidence(const RowRef& row) override {
    return evidence.empty() || row.row % 2 == 1 ? nullptr
                                                : &evidence[row.row * bench_->plan.classes];
  }
  void OnBatchDone(BatchRun* run) override {
    EXPECT_EQ(run, run_.get());
    EXPECT_NE(std::this_thread::get_id(), owner_) << "not a thread of the pool";
    std::lock_guard lock(mutex_);
    EXPECT_FALSE(done_);
    done_ = true;
  }
  void OnBatchReleased(BatchRun*) override {
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(done_) << "released before it was done";
    EXPECT_FALSE(released_);
    released_ = true;
    changed_.notify_all();
  }

  Detail detail = Detail::kAnswers;
  std::vector<float> evidence;  // [rows x classes], given for even rows.

 private:
  size_t Place(uint32_t row) const { return scattered_ ? data_.size() - 1 - row * 2 : row; }

  Bench* const bench_;
  const std::thread::id owner_ = std::this_thread::get_id();
  std::unique_ptr<BatchRun> run_;
  std::vector<uint32_t> data_;
  bool scattered_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool released_ = false;
};

// Columns copied out of a run.
struct BatchColumns {
  BatchColumns() = default;
  BatchColumns(const ColumnSet& from) : voters(from.voters), all_failed(from.all_failed) {
    const ColumnWants& wants = from.wants();
#define QUORATE_COPY(name, type, width, reasons) \
  if (from.name != nullptr) name.assign(from.name, from.name + wants.Values(ColumnWidth::width));
    QUORATE_REDUCTION_COLUMNS(QUORATE_COPY)
#undef QUORATE_COPY
  }

#define QUORATE_VECTOR(name, type, width, reasons) std::vector<type> name;
  QUORATE_REDUCTION_COLUMNS(QUORATE_VECTOR)
#undef QUORATE_VECTOR
  std::vector<uint8_t> voters, all_failed;
};

inline void ExpectSameColumns(const BatchColumns& a, const BatchColumns& b) {
#define QUORATE_EXPECT(name, type, width, reasons) EXPECT_EQ(a.name, b.name);
  QUORATE_REDUCTION_COLUMNS(QUORATE_EXPECT)
#undef QUORATE_EXPECT
  EXPECT_EQ(a.voters, b.voters);
  EXPECT_EQ(a.all_failed, b.all_failed);
}

}  // namespace quorate
