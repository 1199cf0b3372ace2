#pragma once

// A model that completes when the test says so.

#include <mutex>
#include <utility>
#include <vector>

#include "native/model/function_model.h"

namespace quorate {

// One uint32 per row in: 10 x t + label. Members of tiers before t are undecided about the row
// (score 0.4 for the label), those from t on are sure of it (score 1).
class ManualModel final : public FunctionModel {
 public:
  static constexpr uint32_t kClasses = 4;
  static constexpr float kUndecided = 0.4f;

  explicit ManualModel(uint32_t tier) : tier_(tier) {
    info_.name = "manual";
    info_.inputs = {{"x", ElementType::kUint32, {1}}};
    info_.output = {"y", ElementType::kFloat32, {kClasses}};
  }

  const ModelInfo& info() const override { return info_; }
  ModelInfo& mutable_info() { return info_; }
  void Start(const Batch& batch, Completion completion) override {
    std::lock_guard lock(mutex_);
    calls_.emplace_back(batch, completion);
  }
  void Terminate() override {
    std::lock_guard lock(mutex_);
    ++terminated_;
  }

  // How many calls wait for the test.
  size_t calls() const {
    std::lock_guard lock(mutex_);
    return calls_.size();
  }
  size_t terminated() const {
    std::lock_guard lock(mutex_);
    return terminated_;
  }

  // The oldest waiting call: its rows, and whether the engine has asked it to stop.
  std::vector<uint32_t> Rows() const {
    std::lock_guard lock(mutex_);
    const Batch& batch = calls_.at(0).first;
    const auto* rows = static_cast<const uint32_t*>(batch.inputs[0].data);
    return {rows, rows + batch.rows};
  }
  int64_t Deadline() const {
    std::lock_guard lock(mutex_);
    return calls_.at(0).first.deadline_at;
  }
  int Priority() const {
    std::lock_guard lock(mutex_);
    return calls_.at(0).first.priority;
  }
  bool Cancelled() const {
    std::lock_guard lock(mutex_);
    return calls_.at(0).first.cancel->cancelled();
  }

  // Puts the second waiting call before the oldest.
  void Swap() {
    std::lock_guard lock(mutex_);
    std::swap(calls_.at(0), calls_.at(1));
  }

  // Ends the oldest waiting call: with the answers, or with an error.
  void Answer() {
    const auto [batch, completion] = Pop();
    const auto* rows = static_cast<const uint32_t*>(batch.inputs[0].data);
    auto* scores = static_cast<float*>(batch.output);
    for (size_t i = 0; i < batch.rows; ++i) {
      const float sure = rows[i] / 10 <= tier_ ? 1.0f : kUndecided;
      for (uint32_t c = 0; c < kClasses; ++c) {
        *scores++ = c == rows[i] % 10 ? sure : (1.0f - sure) / (kClasses - 1);
      }
    }
    completion(RunReport{});
  }
  void Fail(uint32_t cause = 0) {
    const auto completion = Pop().second;
    completion({Status(StatusCode::kMember, "the model is out of order", cause), 0, 0});
  }

 private:
  std::pair<Batch, Completion> Pop() {
    std::lock_guard lock(mutex_);
    auto call = calls_.at(0);
    calls_.erase(calls_.begin());
    return call;
  }

  const uint32_t tier_;
  ModelInfo info_;
  mutable std::mutex mutex_;
  std::vector<std::pair<Batch, Completion>> calls_;
  size_t terminated_ = 0;
};

}  // namespace quorate
