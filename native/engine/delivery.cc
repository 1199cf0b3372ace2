#include "native/engine/delivery.h"

namespace quorate {

namespace {

Delivery AtFullTier(const RowSituation& row) {
  switch (row.on_overload) {
    case Overload::kAsCall: return row.waits ? Delivery::kDefer : Delivery::kReject;
    case Overload::kWait: return Delivery::kDefer;
    case Overload::kDegrade: return row.answered ? Delivery::kDegrade : Delivery::kReject;
    case Overload::kReject: return Delivery::kReject;
  }
  return Delivery::kReject;
}

Delivery ToNextTier(const RowSituation& row) {
  return row.next_full ? AtFullTier(row) : Delivery::kDefer;
}

// Without an answer the rule has nothing to say.
Delivery AfterFailure(const RowSituation& row) {
  switch (row.on_failure) {
    case OnFailure::kReject: return Delivery::kFail;
    case OnFailure::kDefer: return row.last ? Delivery::kFail : ToNextTier(row);
    case OnFailure::kDegrade: return row.answered ? Delivery::kDegrade : Delivery::kFail;
  }
  return Delivery::kFail;
}

}  // namespace

Delivery Deliver(const RowSituation& row) {
  if (!row.reduced) return Delivery::kFail;
  if (row.all_failed) return AfterFailure(row);
  return row.exits ? Delivery::kExit : ToNextTier(row);
}

}  // namespace quorate
