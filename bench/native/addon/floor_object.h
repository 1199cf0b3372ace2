#pragma once

#include <memory>
#include <optional>

#include "bench/native/addon/channel.h"
#include "bench/native/addon/floor.h"

namespace quorate::bench {

// A floor as JavaScript sees it: an object with run() and close(). JavaScript thread only.
class FloorObject final : public Job, public std::enable_shared_from_this<FloorObject> {
 public:
  // Throws when the floor cannot be opened.
  static Napi::Object New(Napi::Env env, Channel* channel, const FloorSpec& spec);

  void Settle(Napi::Env env) override;

 private:
  Napi::Value Run(Napi::Env env);
  void Close(Napi::Env env);
  void CheckIdle(Napi::Env env) const;

  Channel* channel_ = nullptr;
  std::unique_ptr<Floor> floor_;                    // nullptr: closed.
  std::optional<Napi::Promise::Deferred> promise_;  // Of the run in progress.
  std::shared_ptr<FloorObject> self_;               // While a run is in progress.
};

}  // namespace quorate::bench
