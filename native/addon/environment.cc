#include "native/addon/environment.h"

#include <algorithm>

#include "native/addon/process_services.h"

namespace quorate {

namespace {

// A running model stops at its next operator.
constexpr int64_t kEndNs = 500 * kNsPerMs;
// A model that is being loaded cannot be stopped, and must not meet its library's destructors.
constexpr int64_t kThreadNs = 20'000 * kNsPerMs;

}  // namespace

void Environment::Install(Napi::Env env) {
  auto* const self = new Environment();
  env.SetInstanceData<Environment>(self);  // Deletes it, after the hook below.
  ProcessServices::Process().EnterEnvironment();
  napi_add_env_cleanup_hook(env, &Cleanup, self);
  self->ListenForExit(env);
}

Environment& Environment::Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

// On the main thread process.exit() runs no cleanup hook: next come the destructors of the
// libraries, under threads that may still be in them.
void Environment::ListenForExit(Napi::Env env) {
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto on_exit = [](const Napi::CallbackInfo& info) { Of(info.Env()).EndCascades(); };
  process.Get("once").As<Napi::Function>().Call(
      process, {Napi::String::New(env, "exit"), Napi::Function::New(env, on_exit, "quorateExit")});
}

void Environment::Add(const std::shared_ptr<CascadeCore>& core) {
  if (ending_) return core->Abandon();
  std::erase_if(cores_, [](const std::weak_ptr<CascadeCore>& known) { return known.expired(); });
  cores_.push_back(core);
}

void Environment::Cleanup(void* self) {
  const bool all_ended = static_cast<Environment*>(self)->EndCascades();
  ProcessServices::Process().LeaveEnvironment(all_ended);
}

bool Environment::EndCascades() {
  ending_ = true;
  std::vector<std::shared_ptr<CascadeCore>> open;
  for (const std::weak_ptr<CascadeCore>& known : cores_) {
    if (auto core = known.lock()) open.push_back(std::move(core));
  }
  for (const auto& core : open) core->Abandon();
  const int64_t now = ProcessServices::Process().clock()->NowNs();
  bool all_ended = true;
  for (const auto& core : open) {
    const bool ended = core->WaitUntilEnded(now + (core->has_threads() ? kThreadNs : kEndNs));
    all_ended = all_ended && ended;
    core->channel()->Shut();
  }
  return all_ended;
}

}  // namespace quorate
