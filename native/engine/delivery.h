#pragma once

// Where a row goes when its tier has had it: a pure function of the row's situation and of what the
// tiers' options say.

#include "native/plan/cascade_spec.h"

namespace quorate {

enum class Delivery : uint8_t {
  kExit,     // With this tier's answer.
  kDefer,    // To the next tier.
  kDegrade,  // With the last finished tier's answer.
  kReject,   // The next tier is full.
  kFail,     // With the error of this tier.
};

struct RowSituation {
  bool reduced = true;                        // The kernels worked.
  bool all_failed = false;                    // Every member failed on the row.
  bool exits = false;                         // The rule lets it go, or there is no later tier.
  bool last = false;                          // There is no later tier.
  bool answered = false;                      // This tier or one before it has answered.
  bool next_full = false;                     // As many rows wait for the next tier as may.
  bool waits = false;                         // The call would rather wait than be refused.
  OnFailure on_failure = OnFailure::kReject;  // This tier's,
  Overload on_overload = Overload::kAsCall;   // and the next one's.
};

Delivery Deliver(const RowSituation& row);

}  // namespace quorate
