#pragma once

#include <memory>
#include <vector>

#include "native/addon/arrays.h"
#include "native/addon/cascade/cascade_core.h"
#include "native/addon/napi_config.h"

namespace quorate {

// What the addon keeps per environment: the main thread, or a worker. When the environment ends, it
// ends the cascades that are still open, without JavaScript.
class Environment {
 public:
  // Once per environment, when the addon loads.
  static void Install(Napi::Env env);
  static Environment& Of(Napi::Env env);

  ArrayMaker* arrays() { return &arrays_; }
  // A cascade that is about to be built. Once the environment ends, it is abandoned.
  void Add(const std::shared_ptr<CascadeCore>& core);

 private:
  void ListenForExit(Napi::Env env);
  static void Cleanup(void* self);
  bool EndCascades();

  ArrayMaker arrays_;
  std::vector<std::weak_ptr<CascadeCore>> cores_;
  bool ending_ = false;
};

}  // namespace quorate
