#include "native/engine/request_record.h"

#include <algorithm>

namespace quorate {

RequestRecord::RequestRecord(Call given, int64_t now, const CascadePlan* plan, RowRoom* room)
    : call(std::move(given)), submitted_at(now), remaining(call.rows), plan_(plan), room_(room) {
  if (call.options.deadline_in_ns != kForever) deadline = now + call.options.deadline_in_ns;
}

void RequestRecord::Begin() {
  if (!states_.empty()) return;
  states_.resize(call.rows, 0);
  answers_ = AnswerColumns(call.rows, plan_->measures);
  if (call.options.trace) traces_.resize(call.rows);
  // A tier keeps sums when it or a later one is cumulative, so the first tier tells for all.
  if (plan_->tiers[0].keeps_sums) evidence.resize(call.rows);
  for (size_t t = 0; t < call.tensors.size(); ++t) {
    if (!call.tensors[t].lazy) continue;
    lazy_rows.resize(call.tensors.size());
    lazy_rows[t].resize(call.rows, nullptr);
  }
}

bool RequestRecord::Take(uint32_t row) {
  Begin();
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

void RequestRecord::End(uint32_t row, RowStatus status, bool degraded) {
  answers_.status.Set(row, status);
  if (degraded) answers_.flags.Set(row, answers_.flags.Get(row) | kDegraded);
}

void RequestRecord::EndWith(uint32_t row, RowStatus status, const Status& error) {
  RowResult result;
  result.label = -1;
  result.tier_index = static_cast<uint8_t>(tier(row));
  result.status = status;
  result.error_index = AddError(error);
  answers_.Set(row, result);
}

FinishedRow RequestRecord::TakeRow(uint32_t row) {
  FinishedRow taken;
  taken.id = call.id + row;
  taken.result = answers_.Get(row);
  if (const uint8_t error = taken.result.error_index; error != 0) {
    taken.error = errors_[std::min<size_t>(error, errors_.size()) - 1];
    taken.result.error_index = 1;
  }
  if (!traces_.empty()) taken.trace = std::move(traces_[row]);
  return taken;
}

FinishedBatch RequestRecord::TakeBatch() {
  return {call.id, std::move(answers_), std::move(errors_), std::move(traces_)};
}

uint8_t RequestRecord::AddError(const Status& error) {
  constexpr size_t kMost = 255;
  for (size_t i = 0; i < errors_.size(); ++i) {
    const Status& known = errors_[i];
    if (known.code() == error.code() && known.message() == error.message()) {
      return static_cast<uint8_t>(i + 1);
    }
  }
  if (errors_.size() < kMost) errors_.push_back(error);
  return static_cast<uint8_t>(errors_.size());
}

}  // namespace quorate
