#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "native/addon/member_calls.h"
#include "native/model/model.h"

namespace quorate {

// A member that lives in JavaScript: Start() asks it and returns.
class ExternalModel final : public Model {
 public:
  ExternalModel(std::shared_ptr<MemberCalls> calls, FunctionMember member, ModelSpec spec);
  ~ExternalModel() override;

  const ModelSpec& spec() const override { return spec_; }
  void Start(const Batch& batch, Completion completion) override;
  StatusOr<uint64_t> FlopsPerRow(const std::vector<std::vector<int64_t>>& row_shapes) override;
  void Terminate() override;

 private:
  const std::shared_ptr<MemberCalls> calls_;
  const FunctionMember member_;
  const ModelSpec spec_;
};

}  // namespace quorate
