#pragma once

// A member that the owner computes: it is asked, and answers later.

#include <utility>

#include "native/model/host_model.h"

namespace quorate {

// Called exactly once per FunctionModel::Start(), on any thread, possibly before Start() returns.
struct Completion {
  void (*call)(void* context, RunReport report) = nullptr;
  void* context = nullptr;
  void operator()(RunReport report) const { call(context, std::move(report)); }
};

class FunctionModel : public Model {
 public:
  // A call that fails for several rows is repeated with fewer of them.
  virtual bool splits_on_failure() const { return false; }

  // Does not wait for the answer. Several threads may call at once.
  virtual void Start(const Batch& batch, Completion completion) = 0;
};

}  // namespace quorate
