#pragma once

#include <memory>
#include <utility>

#include "native/addon/cascade/member_calls.h"
#include "native/model/function_model.h"

namespace quorate {

// A member that lives in JavaScript: Start() asks it and returns.
class ExternalModel final : public FunctionModel {
 public:
  ExternalModel(std::shared_ptr<MemberCalls> calls, FunctionMember member, ModelInfo info);
  ~ExternalModel() override;

  const ModelInfo& info() const override { return info_; }
  bool splits_on_failure() const override { return member_.splits_on_failure; }
  void Start(const Batch& batch, Completion completion) override;
  void Terminate() override;

 private:
  const std::shared_ptr<MemberCalls> calls_;
  const FunctionMember member_;
  const ModelInfo info_;
};

}  // namespace quorate
