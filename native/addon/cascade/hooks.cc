#include "native/addon/cascade/hooks.h"

#include <string>

#include "native/addon/errors.h"
#include "native/addon/read/reader.h"

namespace quorate {

namespace {

// In the order of Hook.
constexpr const char* kNames[kHooks] = {"onBuilt",        "onRows",  "onBatch",    "onMemberCall",
                                        "onMemberCancel", "onLazy",  "onProfiled", "onHashed",
                                        "onInvalid",      "onClosed"};

}  // namespace

Hooks::Hooks(Napi::Object hooks) {
  for (size_t i = 0; i < kHooks; ++i) {
    const Napi::Value hook = hooks.Get(kNames[i]);
    if (!hook.IsFunction()) {
      throw ToNapiError(hooks.Env(),
                        ObjectReader::Wrong("hooks." + std::string(kNames[i]), hook, "a function"));
    }
    hooks_[i] = Napi::Persistent(hook.As<Napi::Function>());
  }
}

void Hooks::Call(Napi::Env env, Hook hook, std::initializer_list<napi_value> arguments) {
  hooks_[static_cast<size_t>(hook)].Value().Call(env.Undefined(), arguments);
}

// What Node.js takes for the asynchronous resource, on which older versions look for the context,
// is the receiver: a new object, which has none.
void Hooks::CallWithoutContext(Napi::Env env, Hook hook,
                               std::initializer_list<napi_value> arguments) {
  hooks_[static_cast<size_t>(hook)].Value().MakeCallback(Napi::Object::New(env), arguments);
}

}  // namespace quorate
