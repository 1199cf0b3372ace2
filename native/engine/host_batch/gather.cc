#include "native/engine/host_batch/gather.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace quorate {

namespace {

// How many leading rows lie side by side.
size_t CountAdjacent(BatchListener* listener, const std::vector<RowRef>& rows, uint32_t tensor,
                     const uint8_t* first, size_t row_bytes) {
  size_t count = 1;
  while (count < rows.size() &&
         listener->RowData(rows[count], tensor) == first + count * row_bytes) {
    ++count;
  }
  return count;
}

// Lays the rows of a request tensor side by side: returns where they already lie so (rows of one
// call), else copies them into `buffer`. nullptr when there is no memory.
const uint8_t* GatherRows(BatchListener* listener, const std::vector<RowRef>& rows, uint32_t tensor,
                          const RequestTensor& shape, size_t row_bytes, AlignedBuffer* buffer) {
  const uint8_t* const first = listener->RowData(rows[0], tensor);
  const size_t adjacent = CountAdjacent(listener, rows, tensor, first, row_bytes);
  const bool aligned = reinterpret_cast<uintptr_t>(first) % ElementSize(shape.type) == 0;
  if (adjacent == rows.size() && aligned) return first;
  uint8_t* const target = buffer->Reserve(rows.size() * row_bytes + 1);  // Never 0 bytes.
  if (target == nullptr) return nullptr;
  memcpy(target, first, adjacent * row_bytes);
  for (size_t i = adjacent; i < rows.size(); ++i) {
    memcpy(target + i * row_bytes, listener->RowData(rows[i], tensor), row_bytes);
  }
  return target;
}

bool AllEqual(const uint32_t* lengths, size_t count) {
  return std::all_of(lengths, lengths + count, [&](uint32_t length) { return length == *lengths; });
}

// The same for rows of several lengths: each is filled up to `row_bytes`.
const uint8_t* GatherPadded(BatchListener* listener, const std::vector<RowRef>& rows,
                            uint32_t tensor, const RequestTensor& shape, const uint32_t* lengths,
                            size_t row_bytes, AlignedBuffer* buffer) {
  uint8_t* target = buffer->Reserve(rows.size() * row_bytes);
  if (target == nullptr) return nullptr;
  const uint8_t* const start = target;
  const size_t size = ElementSize(shape.type);
  for (size_t i = 0; i < rows.size(); ++i, target += row_bytes) {
    const size_t own = lengths[i] * shape.ragged->step_bytes;
    memcpy(target, listener->RowData(rows[i], tensor), own);
    for (size_t at = own; at < row_bytes; at += size) memcpy(target + at, shape.ragged->pad, size);
  }
  return start;
}

}  // namespace

HostGather::HostGather(BatchWork* work, BatchListener* listener)
    : work_(work),
      listener_(listener),
      inputs_(work->plan->tensors.size()),
      outputs_(work->tier->members.size()) {}

Status HostGather::Gather(const std::vector<RowRef>& rows) {
  work_->rows = rows.size();
  work_->row_ids.clear();
  for (const RowRef& row : rows) work_->row_ids.push_back(listener_->IdOf(row));
  work_->decided.assign(rows.size(), -1);
  GatherEvidence(rows);
  QUORATE_RETURN_IF_ERROR(ReserveOutputs(rows.size()));
  if (work_->tier->reuses_outputs) GatherKept(rows);
  return GatherInputs(rows);
}

void HostGather::GatherLengths(const std::vector<RowRef>& rows) {
  work_->lengths.resize(work_->plan->lengths * rows.size());
  for (const uint32_t t : work_->tier->tensors) {
    const RequestTensor& tensor = work_->plan->tensors[t];
    if (!tensor.ragged) continue;
    const uint32_t index = tensor.ragged->length;
    uint32_t* const lengths = &work_->lengths[index * rows.size()];
    uint32_t longest = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      lengths[i] = listener_->RowLength(rows[i], index);
      longest = std::max(longest, lengths[i]);
    }
    work_->longest[index] = longest;
    work_->row_bytes[t] = tensor.BytesAt(longest);
  }
}

Status HostGather::GatherInputs(const std::vector<RowRef>& rows) {
  if (work_->plan->lengths > 0) GatherLengths(rows);
  for (const uint32_t t : work_->tier->tensors) {
    const RequestTensor& tensor = work_->plan->tensors[t];
    const size_t row_bytes = work_->row_bytes[t];
    const uint32_t* const lengths =
        tensor.ragged ? &work_->lengths[tensor.ragged->length * rows.size()] : nullptr;
    work_->inputs[t] =
        lengths != nullptr && !AllEqual(lengths, rows.size())
            ? GatherPadded(listener_, rows, t, tensor, lengths, row_bytes, &inputs_[t])
            : GatherRows(listener_, rows, t, tensor, row_bytes, &inputs_[t]);
    if (work_->inputs[t] == nullptr) {
      return Status(StatusCode::kInternal, "no memory for " + std::to_string(rows.size()) +
                                               " rows of \"" + tensor.name + "\"");
    }
  }
  return Status();
}

Status HostGather::ReserveOutputs(size_t rows) {
  for (size_t m = 0; m < outputs_.size(); ++m) {
    const PlannedMember& member = work_->tier->members[m];
    work_->outputs[m] = outputs_[m].Reserve(rows * member.reduced_row_bytes);
    if (work_->outputs[m] == nullptr) {
      return Status(StatusCode::kInternal,
                    "no memory for " + std::to_string(rows) + " rows of output of " + member.name);
    }
  }
  return Status();
}

void HostGather::GatherKept(const std::vector<RowRef>& rows) {
  for (size_t m = 0; m < outputs_.size(); ++m) {
    const PlannedMember& member = work_->tier->members[m];
    if (member.said_in_tier < 0) continue;
    std::vector<const uint8_t*>& kept = work_->kept[m];
    kept.clear();
    bool any = false;
    for (const RowRef& row : rows) {
      const uint8_t* const of_row = listener_->RowKept(row);
      const bool said = of_row != nullptr && of_row[member.kept_at] != 0;
      kept.push_back(said ? of_row + member.kept_at + 1 : nullptr);
      any |= said;
    }
    if (!any) kept.clear();
  }
}

void HostGather::GatherEvidence(const std::vector<RowRef>& rows) {
  const PlannedTier& tier = *work_->tier;
  work_->prior_sums = nullptr;
  if (!tier.cumulative && !tier.keeps_sums) return;
  const size_t classes = tier.reduction.classes;
  evidence_.assign(rows.size() * classes, 0.0f);
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* const given = listener_->RowEvidence(rows[i]);
    if (given != nullptr) std::copy_n(given, classes, &evidence_[i * classes]);
  }
  if (tier.cumulative) work_->prior_sums = evidence_.data();
}

}  // namespace quorate
