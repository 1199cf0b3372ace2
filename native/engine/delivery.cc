#include "native/engine/delivery.h"

namespace quorate {

namespace {

Delivery AfterFailure(const RowSituation& row) {
  return row.answered ? Delivery::kDegrade : Delivery::kFail;
}

Delivery AtFullTier(const RowSituation& row) {
  switch (row.on_overload) {
    case Overload::kAuto: return row.waits ? Delivery::kDefer : Delivery::kReject;
    case Overload::kWait: return Delivery::kDefer;
    case Overload::kDegrade: return row.answered ? Delivery::kDegrade : Delivery::kReject;
    case Overload::kReject: return Delivery::kReject;
  }
  return Delivery::kReject;
}

}  // namespace

Delivery Deliver(const RowSituation& row) {
  if (!row.reduced) return Delivery::kFail;
  if (row.all_failed && row.on_failure == OnFailure::kReject) return Delivery::kFail;
  if (row.all_failed && row.last) return AfterFailure(row);
  if (row.exits) return Delivery::kExit;
  return row.next_full ? AtFullTier(row) : Delivery::kDefer;
}

}  // namespace quorate
