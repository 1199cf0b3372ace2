#pragma once

#include <array>
#include <exception>
#include <initializer_list>

#include "native/addon/napi_config.h"

namespace quorate {

enum class Hook {
  kBuilt,
  kRows,
  kBatch,
  kMemberCall,
  kMemberCancel,
  kLazy,
  kProfiled,
  kHashed,
  kInvalid,
  kClosed,
};
constexpr size_t kHooks = 10;

// The functions of NativeHooks. JavaScript thread only.
class Hooks {
 public:
  // Throws a TypeError-like Error with a code when a function is missing.
  explicit Hooks(Napi::Object hooks);

  void Call(Napi::Env env, Hook hook, std::initializer_list<napi_value> arguments);

  // For hooks that call the user's code: in an asynchronous context that holds nothing, where
  // Call() takes that in which the cascade was built.
  void CallWithoutContext(Napi::Env env, Hook hook, std::initializer_list<napi_value> arguments);

 private:
  std::array<Napi::FunctionReference, kHooks> hooks_;
};

// Runs `deliver` in a handle scope. What it throws has no caller to go to: it becomes an uncaught
// exception, as from any other callback of the event loop.
template <typename Deliver>
void Delivering(Napi::Env env, Deliver deliver) {
  const Napi::HandleScope scope(env);
  try {
    deliver();
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  } catch (const std::exception& error) {
    napi_fatal_exception(env, Napi::Error::New(env, error.what()).Value());
  }
}

}  // namespace quorate
