#pragma once

#include <memory>
#include <vector>

#include "native/addon/arrays.h"
#include "native/addon/cascade_core.h"
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
  void Add(const std::shared_ptr<CascadeCore>& core);

 private:
  static void Cleanup(void* self);
  bool EndCascades();

  ArrayMaker arrays_;
  std::vector<std::weak_ptr<CascadeCore>> cores_;
};

}  // namespace quorate
