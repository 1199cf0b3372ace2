#pragma once

// The facade: a cascade that answers many callers at once. Thread-safe.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "native/base/clock.h"
#include "native/engine/answers.h"
#include "native/engine/counters.h"
#include "native/engine/invalid_votes.h"
#include "native/engine/request.h"
#include "native/plan/cascade_plan.h"
#include "native/scheduler/pool.h"
#include "native/scheduler/timer.h"

namespace quorate {

// What the engine says to its owner: from any thread, without a lock held. Calls into the engine
// from within are allowed.
class EngineListener {
 public:
  virtual ~EngineListener() = default;
  // These batches and these single rows are over; each is reported once.
  virtual void OnBatches(std::vector<FinishedBatch> batches) = 0;
  virtual void OnRows(std::vector<FinishedRow> rows) = 0;
  // Rows reached a tier that needs a tensor which the call gave as a function.
  virtual void OnLazy(uint64_t id, uint32_t tensor, std::vector<uint32_t> rows) = 0;
  // Much memory of calls that are over was freed, and little of it has been needed for a second: a
  // time to give it back to the system. On the timer's thread: do it elsewhere.
  virtual void OnMemoryFreed() = 0;
  // A member's votes have become mostly invalid.
  virtual void OnInvalid(const InvalidMember& member) = 0;
  // Close() is complete: nothing of the engine runs any more, every call was reported.
  virtual void OnClosed() = 0;
};

struct EngineParts {
  std::shared_ptr<const CascadePlan> plan;
  std::shared_ptr<Kernels> kernels;
  Pool* pool = nullptr;  // These four outlive the engine.
  Timer* timer = nullptr;
  const Clock* clock = nullptr;
  const Clock* thread_clock = nullptr;  // How long the thread that asks it has computed.
};

class Engine {
 public:
  // `listener` must live until OnClosed has returned.
  static std::unique_ptr<Engine> Create(EngineParts parts, EngineListener* listener);
  virtual ~Engine() = default;  // REQUIRES: OnClosed was called.

  virtual const CascadePlan& plan() const = 0;

  // Takes the call, or says why not (kClosed, kQueueFull, kDeadline). Returns how many rows it
  // took: of single rows that do not wait, those for which there is room, at least one. A batch
  // costs the same whatever its rows, until the first of them is taken.
  virtual StatusOr<uint32_t> Submit(Call call) = 0;

  // Whether Submit() would take some of the call now: ask before data is copied for it. The call
  // needs no data yet, but its storage_bytes.
  virtual Status Check(const Call& call) const = 0;

  // Settles the call's unfinished rows as cancelled, or the single row that has this id; unknown
  // ids are ignored.
  virtual void Cancel(uint64_t id) = 0;

  // Answers OnLazy: `data` holds the rows' data in the order of `rows`, or is null when they failed
  // with `error`. Rows that did not ask are ignored.
  virtual void Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
                       std::unique_ptr<uint8_t[]> data, Status error) = 0;

  virtual Counters Snapshot() const = 0;

  // FLOPs per row, [tier][member], or why they are not known. Blocks for long: call it on a thread
  // of your own.
  virtual std::vector<std::vector<StatusOr<uint64_t>>> Profile() = 0;

  // Refuses new calls, lets those inside finish for `drain_ns`, then settles the rest with kClosed
  // and stops running models. OnClosed follows, once. A second call can only shorten the drain.
  virtual void Close(int64_t drain_ns) = 0;
};

}  // namespace quorate
