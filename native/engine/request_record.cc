#include "native/engine/request_record.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace quorate {

namespace {

RowKind KindOf(const Call& call, const CascadePlan& plan) {
  if (call.single || call.small) return RowKind::kSingle;
  for (const uint32_t tensor : plan.tiers[0].tensors) {
    if (call.tensors[tensor].lazy) return RowKind::kAsking;
  }
  return RowKind::kBulk;
}

}  // namespace

RequestRecord::RequestRecord(Call call, int64_t now, const CascadePlan* plan, RowRoom* room)
    : plan_(plan),
      room_(room),
      call_(std::move(call)),
      kind_(KindOf(call_, *plan)),
      submitted_at_(now),
      remaining_(call_.rows) {
  if (call_.options.deadline_in_ns != kForever) deadline_ = now + call_.options.deadline_in_ns;
}

void RequestRecord::Begin() {
  if (!states_.empty()) return;
  states_.resize(call_.rows, 0);
  answers_ = AnswerColumns(call_.rows, plan_->measures);
  if (detail() == Detail::kVotes) traces_.resize(call_.rows);
  // A tier keeps sums when it or a later one is cumulative, so the first tier tells for all.
  if (plan_->tiers[0].keeps_sums) evidence_.resize(call_.rows);
  if (plan_->kept_bytes > 0) kept_.resize(call_.rows);
  for (size_t t = 0; t < call_.tensors.size(); ++t) {
    if (!call_.tensors[t].lazy) continue;
    lazy_rows_.resize(call_.tensors.size());
    lazy_rows_[t].resize(call_.rows, nullptr);
  }
}

std::optional<uint32_t> RequestRecord::NextOutside() {
  while (next_row_ < call_.rows && phase(next_row_) == RowPhase::kSettled) ++next_row_;
  if (next_row_ == call_.rows) return std::nullopt;
  return next_row_;
}

void RequestRecord::LetIn(uint32_t row) {
  Begin();
  Count(row);
  next_row_ = row + 1;
}

bool RequestRecord::Take(uint32_t row) {
  Begin();
  if (phase(row) != RowPhase::kQueued) return false;
  Move(row, RowPhase::kTaken, tier(row));
  Count(row);
  ++readers_;
  return true;
}

void RequestRecord::Count(uint32_t row) {
  if (states_[row] & kCounted) return;
  states_[row] |= kCounted;
  room_->Enter(kind_);
}

void RequestRecord::Uncount(uint32_t row) {
  if (!(states_[row] & kCounted)) return;
  states_[row] &= ~kCounted;
  room_->Leave(kind_);
}

RowPlace RequestRecord::TakePlace(uint32_t row) {
  const auto at = places_.find(row);
  if (at == places_.end()) return {};
  RowPlace place = std::move(at->second);
  places_.erase(at);
  return place;
}

void RequestRecord::KeepEvidence(uint32_t row, const float* sums) {
  if (evidence_.empty()) return;
  auto& kept = evidence_[row];
  if (kept == nullptr) kept = std::make_unique<float[]>(plan_->classes);
  std::copy_n(sums, plan_->classes, kept.get());
}

void RequestRecord::Keep(uint32_t row, const PlannedMember& member, const uint8_t* output) {
  auto& kept = kept_[row];
  if (kept == nullptr) kept = std::make_unique<uint8_t[]>(plan_->kept_bytes);
  uint8_t* const place = kept.get() + member.kept_at;
  *place = 1;
  memcpy(place + 1, output, member.reduced_row_bytes);
}

const uint8_t* RequestRecord::Data(uint32_t row, uint32_t tensor) const {
  const CallTensor& given = call_.tensors[tensor];
  if (const auto& ragged = plan_->tensors[tensor].ragged) {
    return given.data + call_.offsets[ragged->length][row] * ragged->step_bytes;
  }
  return given.lazy ? lazy_rows_[tensor][row]
                    : given.data + size_t{row} * plan_->tensors[tensor].row_bytes;
}

bool RequestRecord::LacksAny(uint32_t row, uint32_t tier) const {
  for (const uint32_t tensor : plan_->tiers[tier].tensors) {
    if (Lacks(row, tensor)) return true;
  }
  return false;
}

void RequestRecord::FreeData() {
  call_.storage.reset();
  lazy_blocks_.clear();
}

void RequestRecord::Settle(uint32_t row, const Outcome& outcome) {
  Begin();
  if (outcome.error == nullptr) {
    End(row, outcome.status, outcome.degraded);
  } else {
    EndWith(row, outcome.status, *outcome.error);
  }
  places_.erase(row);
  if (phase(row) != RowPhase::kTaken) FreeKept(row);  // Else its batch may be reading.
  Move(row, RowPhase::kSettled, tier(row));
  Uncount(row);
  --remaining_;
}

void RequestRecord::End(uint32_t row, RowStatus status, bool degraded) {
  answers_.status.Set(row, status);
  if (degraded) answers_.flags.Set(row, answers_.flags.Get(row) | kDegraded);
}

void RequestRecord::EndWith(uint32_t row, RowStatus status, const Status& error) {
  RowResult result;
  result.label = -1;
#define QUORATE_UNKNOWN(name, type, width, reasons) \
  result.name = std::numeric_limits<type>::quiet_NaN();
  QUORATE_MEASURES(QUORATE_UNKNOWN)
#undef QUORATE_UNKNOWN
  result.tier_index = static_cast<uint8_t>(tier(row));
  result.status = status;
  result.error_index = AddError(error);
  answers_.Set(row, result);
}

FinishedRow RequestRecord::TakeRow(uint32_t row) {
  FinishedRow taken;
  taken.id = call_.id + row;
  taken.result = answers_.Get(row);
  if (const uint16_t error = taken.result.error_index; error != 0) {
    taken.error = errors_[std::min<size_t>(error, errors_.size()) - 1];
    taken.result.error_index = 1;
  }
  if (!traces_.empty()) taken.trace = std::move(traces_[row]);
  return taken;
}

FinishedBatch RequestRecord::TakeBatch() {
  return {call_.id,           std::move(answers_), std::move(errors_),
          std::move(traces_), std::move(outputs_), std::move(has_outputs_)};
}

void RequestRecord::KeepOutputs(uint32_t row, uint32_t tier,
                                const std::vector<PlannedMember>& members,
                                const std::vector<const uint8_t*>& outputs, size_t i) {
  outputs_.resize(plan_->tiers.size());
  has_outputs_.resize(plan_->tiers.size());
  has_outputs_[tier].resize(call_.rows);
  std::vector<RowOutputs>& kept = outputs_[tier];
  for (size_t m = kept.size(); m < members.size(); ++m) {
    const size_t bytes = call_.rows * members[m].reduced_row_bytes;
    kept.push_back({members[m].reduced_type, members[m].width,
                    std::unique_ptr<uint8_t[]>(new uint8_t[bytes])});
  }
  if (outputs.empty()) return;
  has_outputs_[tier][row] = true;
  for (size_t m = 0; m < outputs.size(); ++m) {
    const size_t bytes = members[m].reduced_row_bytes;
    memcpy(kept[m].data.get() + row * bytes, outputs[m] + i * bytes, bytes);
  }
}

// Rows of a batch fail one after the other, so an error that is known is among the latest: looking
// no further costs the same however many there are.
uint16_t RequestRecord::AddError(const Status& error) {
  constexpr size_t kMost = UINT16_MAX;
  constexpr size_t kLatest = 16;
  const size_t oldest = errors_.size() - std::min(errors_.size(), kLatest);
  for (size_t i = errors_.size(); i > oldest; --i) {
    if (errors_[i - 1] == error) return static_cast<uint16_t>(i);
  }
  if (errors_.size() < kMost) errors_.push_back(error);
  return static_cast<uint16_t>(errors_.size());
}

}  // namespace quorate
