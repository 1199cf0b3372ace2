#include "native/engine/length_order.h"

#include <algorithm>

namespace quorate {

namespace {

struct Entry {
  LaneKey lane;
  uint32_t length;  // The first of the lengths.
  uint32_t row;
};

std::vector<Entry> Sorted(const TierLengths& lengths, const Call& call) {
  std::vector<Entry> entries;
  entries.reserve(call.rows);
  for (uint32_t row = 0; row < call.rows; ++row) {
    const auto length_of = [&](uint32_t index) {
      const std::vector<uint32_t>& offsets = call.offsets[index];
      return offsets[row + size_t{1}] - offsets[row];
    };
    entries.push_back({LaneOfRow(lengths, length_of), length_of(lengths[0].index), row});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.lane != b.lane) return a.lane < b.lane;
    return a.length != b.length ? a.length < b.length : a.row < b.row;
  });
  return entries;
}

}  // namespace

void OrderByLength(const CascadePlan& plan, Call* call) {
  const TierLengths& lengths = plan.tiers[0].lengths;
  if (call->single || call->small || lengths.empty()) return;
  // Rows that must ask for a tensor first come in one by one.
  for (const uint32_t tensor : plan.tiers[0].tensors) {
    if (call->tensors[tensor].lazy) return;
  }
  call->order.reserve(call->rows);
  for (const Entry& entry : Sorted(lengths, *call)) {
    const auto at = static_cast<uint32_t>(call->order.size());
    if (call->lanes.empty() || call->lanes.back().lane != entry.lane) {
      call->lanes.push_back({entry.lane, at, at, nullptr});
    }
    call->order.push_back(entry.row);
    ++call->lanes.back().end;
  }
}

}  // namespace quorate
