#include "native/addon/external_model.h"

namespace quorate {

namespace {

ModelSpec AsFunction(ModelSpec spec) {
  spec.device = "function";
  spec.blocking = false;
  return spec;
}

}  // namespace

ExternalModel::ExternalModel(std::shared_ptr<MemberCalls> calls, FunctionMember member,
                             ModelSpec spec)
    : calls_(std::move(calls)), member_(std::move(member)), spec_(AsFunction(std::move(spec))) {}

ExternalModel::~ExternalModel() { Terminate(); }

void ExternalModel::Start(const Batch& batch, Completion completion) {
  calls_->Start(this, member_, batch, completion);
}

StatusOr<uint64_t> ExternalModel::FlopsPerRow(const std::vector<std::vector<int64_t>>&) {
  return Status(StatusCode::kInvalidArgument,
                member_.where + " is a function, its cost is unknown");
}

void ExternalModel::Terminate() { calls_->Stop(this); }

}  // namespace quorate
