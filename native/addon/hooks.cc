#include "native/addon/hooks.h"

#include <string>

#include "native/addon/errors.h"
#include "native/addon/reader.h"

namespace quorate {

namespace {

constexpr const char* kNames[] = {"onBuilt",        "onRows", "onBatch",    "onMemberCall",
                                  "onMemberCancel", "onLazy", "onProfiled", "onClosed"};

}  // namespace

Hooks::Hooks(Napi::Object hooks) {
  for (const char* name : kNames) {
    const Napi::Value hook = hooks.Get(name);
    if (!hook.IsFunction()) {
      throw ToNapiError(hooks.Env(),
                        ObjectReader::Wrong("hooks." + std::string(name), hook, "a function"));
    }
  }
  hooks_ = Napi::Persistent(hooks);
}

void Hooks::Call(Napi::Env env, const char* name, std::initializer_list<napi_value> arguments) {
  if (hooks_.IsEmpty()) return;
  const Napi::Object hooks = hooks_.Value();
  const Napi::Value hook = hooks.Get(name);
  if (!hook.IsFunction()) throw Napi::Error::New(env, std::string(name) + " is not a function");
  hook.As<Napi::Function>().Call(hooks, arguments);
}

}  // namespace quorate
