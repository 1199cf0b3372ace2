#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "native/addon/completion_channel.h"
#include "native/base/mutex.h"
#include "native/model/function_model.h"
#include "native/scheduler/pool.h"
#include "native/scheduler/timer.h"

namespace quorate {

// A member of a cascade that lives in JavaScript.
struct FunctionMember {
  uint32_t tier = 0;
  uint32_t member = 0;
  std::string where;  // For messages: "tier "x", member 0 (name)".
  int64_t timeout_ns = kForever;
  bool splits_on_failure = false;
};

// What JavaScript answered.
struct MemberReply {
  bool labels = false;  // Int32Array, else Float32Array.
  const void* data = nullptr;
  size_t length = 0;
  std::vector<FailedRow> failed_rows;  // Ascending; their data is not read.
};

// The batches that function members have not answered yet; one table per cascade. Thread-safe.
// Whoever takes a call out of the table completes it, so every call completes exactly once, and
// what comes later finds nothing.
class MemberCalls : public std::enable_shared_from_this<MemberCalls> {
 public:
  MemberCalls(std::shared_ptr<CompletionChannel> channel, Pool* pool, Timer* timer,
              const Clock* clock)
      : channel_(std::move(channel)), pool_(pool), timer_(timer), clock_(clock) {}

  // Copies the inputs and asks JavaScript. `owner` tells members apart in Stop().
  void Start(const FunctionModel* owner, const FunctionMember& member, const Batch& batch,
             Completion completion);

  // Fails the owner's open calls and all later ones.
  void Stop(const FunctionModel* owner);

  // Whether the call still waits for its reply.
  bool Waits(uint64_t id) const;
  // A reply of the wrong kind or length is a failure.
  void Reply(uint64_t id, MemberReply reply);
  // `cause`: see Status.
  void Fail(uint64_t id, const std::string& message, uint32_t cause = 0);

 private:
  struct OpenCall;
  struct CancelTask;
  static void OnCancelFlag(void* context);
  static void RunCancelTask(void* context);
  // Enters the call and asks JavaScript; false: its owner is stopped, and nothing was done.
  bool Open(const std::shared_ptr<OpenCall>& call, MemberCallMessage message,
            const CancelFlag* cancel);
  std::shared_ptr<OpenCall> Take(uint64_t id);
  void Expire(uint64_t id);
  // Completes a call that was taken out, and tells JavaScript to forget it when it does not know.
  void Finish(OpenCall* call, Status status, bool tell, std::vector<FailedRow> failed_rows = {});

  const std::shared_ptr<CompletionChannel> channel_;
  Pool* const pool_;
  Timer* const timer_;
  const Clock* const clock_;
  mutable Mutex mutex_;
  uint64_t last_id_ QUORATE_GUARDED_BY(mutex_) = 0;
  std::unordered_map<uint64_t, std::shared_ptr<OpenCall>> open_ QUORATE_GUARDED_BY(mutex_);
  std::vector<const FunctionModel*> stopped_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate
