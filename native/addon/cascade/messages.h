#pragma once

// What the engine's threads tell the JavaScript thread. Plain memory: no JavaScript handle.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "native/addon/arrays.h"
#include "native/addon/process_services.h"
#include "native/addon/write/results.h"
#include "native/engine/invalid_votes.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

struct BuiltMessage {
  std::vector<Status> problems;             // Empty: it worked,
  std::shared_ptr<const CascadePlan> plan;  // and this is the result.
  RuntimeInfo runtime;
};

struct BatchMessage {
  uint64_t id;
  Columns columns;
};

struct LazyMessage {
  uint64_t id;
  uint32_t tensor;
  std::vector<uint32_t> rows;
};

struct MemberCallMessage {
  uint64_t call_id = 0;
  uint32_t tier = 0;
  uint32_t member = 0;
  size_t count = 0;
  std::vector<HostArray> tensors;  // Copies: the batch may end before JavaScript reads them.
  std::vector<std::vector<uint32_t>> offsets;  // Of ragged ones, rows + 1; else empty.
  std::vector<uint32_t> rows;
  uint64_t row_call = 0;  // The call that all of the rows belong to; 0: they are of several.
  int64_t deadline_at = kForever;  // kForever: there is none.
  int priority = 0;
};

struct MemberCancelMessage {
  uint64_t call_id;
};

struct ProfiledMessage {
  Status error;
  std::vector<std::vector<StatusOr<uint64_t>>> flops;  // [tier][member]
};

struct HashedMessage {
  Status error;
  std::vector<std::vector<std::string>> sha256;  // [tier][member]; empty for functions.
};

struct InvalidMessage {
  InvalidMember member;
};

struct ClosedMessage {};

using Message =
    std::variant<BuiltMessage, BatchMessage, LazyMessage, MemberCallMessage, MemberCancelMessage,
                 ProfiledMessage, HashedMessage, InvalidMessage, ClosedMessage>;

// Everything that waits for the JavaScript thread.
struct Mail {
  std::vector<FinishedRow> rows;  // All become one call of onRows.
  std::vector<Message> messages;

  bool empty() const { return rows.empty() && messages.empty(); }
};

}  // namespace quorate
