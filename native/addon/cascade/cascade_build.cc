// How a cascade comes to be, off the JavaScript thread.

#include <exception>
#include <utility>

#include "native/addon/cascade/cascade_core.h"
#include "native/addon/cascade/external_model.h"
#include "native/addon/process_services.h"

namespace quorate {

// Loads nothing more once the cascade was abandoned.
class CascadeCore::GivingUpLoader final : public ModelLoader {
 public:
  GivingUpLoader(CascadeCore* core, ModelLoader* loader) : core_(core), loader_(loader) {}

  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions& options) override {
    QUORATE_RETURN_IF_ERROR(core_->GoOn());
    return loader_->Load(source, options);
  }

 private:
  CascadeCore* const core_;
  ModelLoader* const loader_;
};

Status CascadeCore::GoOn() const {
  MutexLock lock(&mutex_);
  return abandoned_ ? Status(StatusCode::kClosed, "the cascade was closed") : Status();
}

void CascadeCore::StartBuild() {
  AddFunctions();
  StartThread(&CascadeCore::Build);
}

void CascadeCore::AddFunctions() {
  for (const FunctionMember& function : request_.functions) {
    MemberSpec& member = request_.spec.tiers[function.tier].members[function.member];
    member.make_function = [calls = member_calls_, function](ModelInfo info) {
      return std::make_shared<ExternalModel>(calls, function, std::move(info));
    };
  }
}

bool CascadeCore::NeedsRuntime() const {
  size_t members = 0;
  for (const TierSpec& tier : request_.spec.tiers) members += tier.members.size();
  return members > request_.functions.size();
}

std::shared_ptr<const CascadePlan> CascadeCore::Assemble(std::vector<Status>* problems,
                                                         RuntimeInfo* runtime) {
  std::shared_ptr<ModelLoader> loader;
  if (NeedsRuntime()) {
    if (Status status = GoOn(); !status.ok()) {
      problems->push_back(std::move(status));
      return nullptr;
    }
    auto opened = ProcessServices::OpenRuntime(request_.runtime_paths);
    if (!opened.ok()) {
      *problems = Validate(request_.spec);
      problems->push_back(opened.status());
      return nullptr;
    }
    loader = opened.value().loader;
    *runtime = opened.value().info;
  }
  GivingUpLoader giving_up(this, loader.get());
  return quorate::Assemble(request_.spec, &giving_up, problems);
}

void CascadeCore::Build() {
  BuiltMessage message;
  try {
    message.plan = Assemble(&message.problems, &message.runtime);
  } catch (const std::exception& error) {
    message.problems.emplace_back(StatusCode::kInternal, error.what());
  }
  if (message.plan == nullptr && message.problems.empty()) {
    message.problems.emplace_back(StatusCode::kInternal, "the cascade failed without a reason");
  }
  if (!message.problems.empty()) message.plan = nullptr;
  request_ = {};  // Model bytes are no longer needed.
  Open(std::move(message));
}

// The message goes out under the lock: the engine is there when it arrives, and nobody can close
// the engine before it is on its way.
void CascadeCore::Open(BuiltMessage message) {
  bool close;
  int64_t drain_ns;
  {
    MutexLock lock(&mutex_);
    if (message.plan != nullptr) {
      ProcessServices& process = ProcessServices::Process();
      engine_ = Engine::Create({message.plan, process.kernels(), process.pool(), process.timer(),
                                process.clock(), process.thread_clock()},
                               this);
      self_ = shared_from_this();
    }
    state_ = message.plan == nullptr ? State::kEnded : State::kOpen;
    close = close_asked_;
    drain_ns = drain_ns_;
    channel_->Post(std::move(message));
  }
  if (close) Close(drain_ns);
}

}  // namespace quorate
