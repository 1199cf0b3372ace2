#pragma once

// An engine in which nothing happens by itself: models complete and time passes when the test says
// so.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "native/engine/engine.h"
#include "test/native/engine/finished_call.h"
#include "test/native/fakes/fake_thread_clock.h"
#include "test/native/fakes/fake_time.h"
#include "test/native/fakes/manual_model.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {

using Values = std::vector<uint32_t>;

// `count` tiers of one manual model each, which run one batch of at most four rows at a time. All
// read tensor "x"; rows leave a tier that is sure of them.
inline CascadeSpec ManualTiers(size_t count) {
  CascadeSpec spec = NewCascade();
  spec.warmup = false;
  for (size_t t = 0; t < count; ++t) {
    TierSpec tier = NewTier(std::to_string(t));
    tier.members = {NewMember("x")};
    tier.members[0].name = "m0";
    tier.members[0].output = OutputChoice::kProbabilities;
    if (t + 1 < count) tier.rule = Rule({Op(RuleKind::kScore, 0, 0.9f)});
    tier.max_rows = 4;
    tier.max_in_flight = 1;
    spec.tiers.push_back(tier);
  }
  return spec;
}

class TestEngine final : public EngineListener, private ModelLoader {
 public:
  explicit TestEngine(const CascadeSpec& spec) : pool_(1) {
    for (const TierSpec& tier : spec.tiers) members_.push_back(tier.members.size());
    std::vector<Status> problems;
    EngineParts parts;
    parts.plan = Assemble(spec, this, &problems);
    for (const Status& problem : problems) ADD_FAILURE() << problem.message();
    parts.kernels = NewCpuKernels();
    parts.pool = &pool_;
    parts.timer = &time.timer;
    parts.clock = &time.clock;
    parts.thread_clock = &thread_clock_;
    engine = Engine::Create(parts, this);
  }
  ~TestEngine() override {
    engine->Close(0);
    while (Settle(), !closed()) {
      for (const auto& model : models_) {
        if (model->calls() > 0) model->Fail();
      }
    }
    engine.reset();
  }

  // --- Calls. Each returns the call's id. ---

  uint64_t Row(uint32_t value, CallOptions options = {}) { return Rows({value}, options); }

  // Single rows that come together; the ids of the others follow.
  uint64_t Rows(const Values& values, CallOptions options = {}) {
    Call call = Copied(values, options);
    call.single = true;
    return Submit(std::move(call), values.size());
  }

  // A batch that is read in place. As from JavaScript it waits, unless it says otherwise.
  uint64_t Bulk(Values values, CallOptions options = {.wait = true}) {
    Call call = InPlace(std::move(values), options);
    const size_t rows = call.rows;
    return Submit(std::move(call), rows);
  }
  // One that comes in and queues as single rows do.
  uint64_t SmallBulk(Values values, CallOptions options = {.wait = true}) {
    Call call = InPlace(std::move(values), options);
    call.small = true;
    const size_t rows = call.rows;
    return Submit(std::move(call), rows);
  }
  StatusCode RefusalOfBulk(Values values, bool small = false, CallOptions options = {}) {
    Call call = InPlace(std::move(values), options);
    call.small = small;
    return Refused(std::move(call)).code();
  }

  uint64_t CopiedBulk(const Values& values, CallOptions options = {}) {
    return Submit(Copied(values, options), values.size());
  }

  StatusCode Refusal(const Values& values, CallOptions options = {}) {
    Call call = Copied(values, options);
    call.single = true;
    return Refused(std::move(call)).code();
  }
  // Why a batch that is copied is not taken; asked before and after the copy is made.
  Status RefusalOfCopiedBatch(const Values& values, CallOptions options = {}) {
    Call call = Copied(values, options);
    Status before = engine->Check(call);
    EXPECT_EQ(before.message(), Refused(std::move(call)).message());
    return before;
  }

  Call InPlace(Values values, CallOptions options) {
    const Values& kept =
        borrowed_.emplace_back(std::make_unique<Values>(std::move(values))).operator*();
    Call call;
    call.tensors = {{reinterpret_cast<const uint8_t*>(kept.data()), false}};
    call.rows = static_cast<uint32_t>(kept.size());
    call.options = options;
    return call;
  }
  Call Copied(const Values& values, CallOptions options) {
    Call call;
    call.rows = static_cast<uint32_t>(values.size());
    call.storage_bytes = values.size() * sizeof(uint32_t);
    call.storage.reset(new uint8_t[call.storage_bytes]);
    std::memcpy(call.storage.get(), values.data(), call.storage_bytes);
    call.tensors = {{call.storage.get(), false}};
    call.options = options;
    return call;
  }

  uint64_t NextId() { return next_id_++; }
  // The test has seen the call's answer.
  void Forget(uint64_t id) {
    std::lock_guard lock(mutex_);
    done_.erase(id);
  }

  // Hands the call over under an id of its own. REQUIRES: the engine takes all of it.
  uint64_t Submit(Call call, size_t rows) {
    const uint64_t id = call.id = next_id_;
    next_id_ += call.single ? rows : 1;
    const auto taken = engine->Submit(std::move(call));
    EXPECT_TRUE(taken.ok()) << taken.status().message();
    EXPECT_EQ(taken.ok() ? taken.value() : 0, rows);
    Settle();
    return id;
  }

  // --- Steps. Each returns when nothing moves any more, and checks the counters. ---

  void Settle() {
    pool_.Join();
    CheckCounters();
  }
  // Keeps the pool's only thread until the latch is down.
  void Occupy(std::latch* until) {
    pool_.Submit({[](void* latch) { static_cast<std::latch*>(latch)->wait(); }, until});
  }
  void Answer(size_t tier) {
    for (size_t m = 0; m < members_[tier]; ++m) model(tier, m).Answer();
    Settle();
  }
  void Fail(size_t tier) {
    for (size_t m = 0; m < members_[tier]; ++m) model(tier, m).Fail();
    Settle();
  }
  void Advance(int64_t ms) {
    time.Advance(ms * kNsPerMs);
    Settle();
  }
  void Cancel(uint64_t id) {
    engine->Cancel(id);
    Settle();
  }
  void Close(int64_t drain_ms) {
    engine->Close(drain_ms * kNsPerMs);
    Settle();
  }
  // Answers whatever runs until nothing does.
  void AnswerAll() {
    for (bool ran = true; ran;) {
      ran = false;
      for (size_t t = 0; t < members_.size(); ++t) {
        if (model(t).calls() == 0) continue;
        Answer(t);
        ran = true;
      }
    }
  }

  // --- What there is to see. ---

  ManualModel& model(size_t tier, size_t member = 0) {
    return *models_[std::accumulate(members_.begin(),
                                    members_.begin() + static_cast<ptrdiff_t>(tier), member)];
  }
  // The rows that the tier runs; empty when it is idle.
  Values Running(size_t tier) { return model(tier).calls() == 0 ? Values() : model(tier).Rows(); }

  bool Done(uint64_t id) {
    std::lock_guard lock(mutex_);
    return done_.contains(id);
  }
  // REQUIRES: Done(id).
  const RowResult& Result(uint64_t id, size_t row = 0) {
    std::lock_guard lock(mutex_);
    return done_.at(id).rows.at(row);
  }
  RowStatus StatusOf(uint64_t id, size_t row = 0) { return Result(id, row).status; }
  const std::vector<TraceTier>& Trace(uint64_t id, size_t row = 0) {
    std::lock_guard lock(mutex_);
    return done_.at(id).traces.at(row);
  }
  Status ErrorOf(uint64_t id, size_t row = 0) {
    const uint16_t error = Result(id, row).error_index;
    std::lock_guard lock(mutex_);
    return error == 0 ? Status() : done_.at(id).errors.at(error - 1);
  }
  StatusCode Error(uint64_t id, size_t row = 0) { return ErrorOf(id, row).code(); }
  bool Degraded(uint64_t id, size_t row = 0) { return (Result(id, row).flags & kDegraded) != 0; }
  bool closed() {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  TierCounters Tier(size_t tier) const { return engine->Snapshot().tiers[tier]; }

  // Rows that were asked for, by (call, tensor), in the order of asking.
  std::map<std::pair<uint64_t, uint32_t>, Values> asked;
  std::atomic<int> memory_freed{0};  // How often the engine has said so.
  std::vector<InvalidMember> invalid;
  FakeTime time;
  std::unique_ptr<Engine> engine;

 private:
  // The path is the tensor that the model reads.
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    uint32_t tier = 0;
    for (size_t before = models_.size(); before >= members_[tier]; ++tier) before -= members_[tier];
    models_.push_back(std::make_shared<ManualModel>(tier));
    models_.back()->mutable_info().inputs[0].name = source.path;
    return LoadedModel(models_.back());
  }

  void OnBatches(std::vector<FinishedBatch> batches) override { Keep(std::move(batches)); }
  void OnRows(std::vector<FinishedRow> rows) override { Keep(std::move(rows)); }
  template <typename Finished>
  void Keep(std::vector<Finished> calls) {
    std::lock_guard lock(mutex_);
    for (Finished& call : calls) {
      const uint64_t id = call.id;
      EXPECT_TRUE(done_.emplace(id, std::move(call)).second) << id << " was reported twice";
    }
  }
  void OnInvalid(const InvalidMember& member) override { invalid.push_back(member); }
  void OnLazy(uint64_t id, uint32_t tensor, Values rows) override {
    std::lock_guard lock(mutex_);
    Values& known = asked[{id, tensor}];
    known.insert(known.end(), rows.begin(), rows.end());
  }
  void OnMemoryFreed() override { ++memory_freed; }
  void OnClosed() override {
    std::lock_guard lock(mutex_);
    EXPECT_FALSE(closed_) << "closed twice";
    closed_ = true;
  }

  Status Refused(Call call) {
    call.id = next_id_;
    return engine->Submit(std::move(call)).status();
  }

  void CheckCounters() {
    const Counters c = engine->Snapshot();
    EXPECT_EQ(c.submitted, c.settled + c.pending);
    uint64_t in_flight = 0;
    uint64_t deferred = c.submitted;
    for (const TierCounters& t : c.tiers) {
      EXPECT_EQ(t.entered, deferred);
      EXPECT_EQ(t.entered, t.exited + t.deferred + t.failed + t.cancelled + t.expired + t.rejected +
                               t.in_flight);
      EXPECT_LE(t.invalid + t.degraded, t.exited);
      EXPECT_EQ(t.run_times.total(), t.batches);
      for (const MemberCounters& m : t.members) {
        EXPECT_EQ(t.queue_times.total(), m.rows_run + m.rows_skipped + m.rows_reused);
      }
      in_flight += t.in_flight;
      deferred = t.deferred;
    }
    EXPECT_EQ(in_flight, c.pending);
    EXPECT_EQ(deferred, 0u);
    for (const DeviceCounters& device : c.devices) {
      uint64_t shares = 0;
      for (const auto& tier : device.shares)
        shares += std::accumulate(tier.begin(), tier.end(), uint64_t{0});
      EXPECT_EQ(shares, device.busy_ns);
    }
  }

  const FakeThreadClock thread_clock_;
  Pool pool_;
  std::vector<size_t> members_;  // Per tier.
  std::vector<std::shared_ptr<ManualModel>> models_;
  std::vector<std::unique_ptr<Values>> borrowed_;
  uint64_t next_id_ = 1;
  std::mutex mutex_;
  std::map<uint64_t, FinishedCall> done_;
  bool closed_ = false;
};

}  // namespace quorate
