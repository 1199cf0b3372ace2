#include "native/engine/request_record.h"

#include <algorithm>

namespace quorate {

RequestRecord::RequestRecord(Call given, int64_t now, RowRoom* room)
    : call(std::move(given)),
      submitted_at(now),
      remaining(call.rows),
      states_(call.rows, 0),
      room_(room) {
  result.id = call.id;
  result.single = call.single;
  result.rows.resize(call.rows);
  if (call.options.trace) result.traces.resize(call.rows);
  for (size_t t = 0; t < call.tensors.size(); ++t) {
    if (!call.tensors[t].lazy) continue;
    lazy_rows.resize(call.tensors.size());
    lazy_rows[t].resize(call.rows, nullptr);
  }
  if (call.options.deadline_in_ns != kForever) deadline = now + call.options.deadline_in_ns;
}

bool RequestRecord::Take(uint32_t row) {
  if (phase(row) != RowPhase::kQueued) return false;
  Move(row, RowPhase::kTaken, tier(row));
  Count(row);
  ++readers;
  return true;
}

void RequestRecord::Count(uint32_t row) {
  if (states_[row] & kCounted) return;
  states_[row] |= kCounted;
  room_->Enter(kind());
}

void RequestRecord::Uncount(uint32_t row) {
  if (!(states_[row] & kCounted)) return;
  states_[row] = static_cast<uint16_t>(states_[row] & ~kCounted);
  room_->Leave(kind());
}

const uint8_t* RequestRecord::Data(uint32_t row, uint32_t tensor, size_t row_bytes) const {
  const CallTensor& given = call.tensors[tensor];
  return given.lazy ? lazy_rows[tensor][row] : given.data + size_t{row} * row_bytes;
}

FinishedCall RequestRecord::TakeRow(uint32_t row) {
  FinishedCall taken;
  taken.id = call.id + row;
  taken.single = true;
  taken.rows.push_back(result.rows[row]);
  if (const uint8_t error = result.rows[row].error; error != 0) {
    taken.errors.push_back(result.errors[std::min<size_t>(error, result.errors.size()) - 1]);
    taken.rows[0].error = 1;
  }
  if (!result.traces.empty()) taken.traces.push_back(std::move(result.traces[row]));
  return taken;
}

uint8_t RequestRecord::AddError(const Status& error) {
  constexpr size_t kMost = 255;
  for (size_t i = 0; i < result.errors.size(); ++i) {
    const Status& known = result.errors[i];
    if (known.code() == error.code() && known.message() == error.message()) {
      return static_cast<uint8_t>(i + 1);
    }
  }
  if (result.errors.size() < kMost) result.errors.push_back(error);
  return static_cast<uint8_t>(result.errors.size());
}

}  // namespace quorate
