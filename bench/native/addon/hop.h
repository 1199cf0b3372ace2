#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "bench/native/addon/channel.h"

namespace quorate::bench {

// The empty hop: a row to an idle thread and an empty answer back, the least any addon that works
// on another thread takes. The thread starts with the first message and is never joined: it sleeps
// on memory that is never freed.
class Hop final : public Job {
 public:
  explicit Hop(Channel* channel) : channel_(channel) {}

  // JavaScript thread. Throws when a message is under way.
  Napi::Value Send(Napi::Env env, Napi::Float32Array row);
  void Settle(Napi::Env env) override;

 private:
  [[noreturn]] void Work();

  Channel* const channel_;
  std::optional<Napi::Promise::Deferred> promise_;  // JavaScript thread only.
  bool has_thread_ = false;                         // JavaScript thread only.

  std::mutex mutex_;
  std::condition_variable wake_;
  bool full_ = false;  // Guarded by mutex_, like row_.
  std::vector<float> row_;
};

}  // namespace quorate::bench
