#include "native/addon/cascade/external_model.h"

namespace quorate {

ExternalModel::ExternalModel(std::shared_ptr<MemberCalls> calls, FunctionMember member,
                             ModelInfo info)
    : calls_(std::move(calls)), member_(std::move(member)), info_(std::move(info)) {}

ExternalModel::~ExternalModel() { Terminate(); }

void ExternalModel::Start(const Batch& batch, Completion completion) {
  calls_->Start(this, member_, batch, completion);
}

void ExternalModel::Terminate() { calls_->Stop(this); }

}  // namespace quorate
