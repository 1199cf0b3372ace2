#include "native/engine/admission.h"

#include <algorithm>
#include <string>

namespace quorate {

Admission::~Admission() {
  while (!calls_.empty()) Pop(&calls_);
  while (!asking_.empty()) Pop(&asking_);
}

// No call overtakes those that wait: for anything, or for bytes.
size_t Admission::PlacesFor(const Call& call, size_t bulk_rows) const {
  const bool waits = call.options.wait;
  if (!calls_.empty() && (!waits || !calls_.front()->admitted())) return 0;
  if (waits) return call.rows;
  if (call.single) return std::min<size_t>(call.rows, room_.free());
  const size_t rows = room_.rows() + bulk_rows;
  const bool fits = rows == 0 || rows + call.rows <= room_.limit();  // A larger one comes alone.
  return fits && asking_.empty() ? call.rows : 0;
}

// Of single rows as many as fit: they are calls of their own, which only came together. One comes
// in where no bytes are in flight, however large it is. Of a batch all or none.
size_t Admission::RowsWhoseBytesFit(const Call& call) const {
  if (!call.single) return BytesFit(call.storage_bytes) ? call.rows : 0;
  const size_t row_bytes = call.storage_bytes / call.rows;
  if (row_bytes == 0) return call.rows;
  const size_t fit = (max_bytes_ - std::min(bytes_, max_bytes_)) / row_bytes;
  return fit == 0 && bytes_ == 0 ? 1 : fit;
}

StatusOr<uint32_t> Admission::RowsLetIn(const Call& call, size_t bulk_rows) const {
  const bool copied_batch = !call.single && call.storage_bytes > 0;
  if (call.options.wait && !copied_batch) return call.rows;
  const size_t rows = std::min(PlacesFor(call, bulk_rows), RowsWhoseBytesFit(call));
  if (rows > 0) return static_cast<uint32_t>(rows);
  std::string full = std::to_string(room_.rows()) + " rows and " + std::to_string(bytes_) +
                     " bytes are in flight, the limits are " + std::to_string(room_.limit()) +
                     " and " + std::to_string(max_bytes_);
  if (copied_batch) full += "; copying the batch takes " + std::to_string(call.storage_bytes);
  return Status(StatusCode::kQueueFull, std::move(full));
}

void Admission::Admit(RequestRecord* record) {
  record->Admit();
  bytes_ += record->call().storage_bytes;
}

void Admission::Enter(RequestRecord* record) {
  if (!record->call().single) Admit(record);
  record->AddReference();
  calls_.push_back(record);
}

void Admission::Leave(const RequestRecord& record) {
  if (record.admitted()) bytes_ -= record.call().storage_bytes;
}

size_t Admission::RoomFor(RowKind kind, bool bulk_waits) const {
  // A call that waits for bytes has no use for a place.
  const bool single = !calls_.empty() && calls_.front()->admitted();
  return room_.For(kind, {{single, !asking_.empty(), bulk_waits}});
}

void Admission::Pop(Line* line) {
  line->front()->DropReference();
  line->pop_front();
}

Admission::Entry Admission::Next(bool bulk_waits) {
  const Entry entry = NextCall(bulk_waits);
  return entry.record != nullptr ? entry : NextRow(&asking_, bulk_waits);
}

Admission::Entry Admission::NextCall(bool bulk_waits) {
  for (; !calls_.empty(); Pop(&calls_)) {
    RequestRecord* const record = calls_.front();
    if (record->settled()) continue;
    if (!record->admitted()) {
      if (!BytesFit(record->call().storage_bytes)) return {};
      Admit(record);
    }
    if (record->kind() == RowKind::kAsking) {
      record->AddReference();
      asking_.push_back(record);
    } else if (record->kind() == RowKind::kBulk) {
      Pop(&calls_);
      return {record, 0};  // The table of open calls has a reference.
    } else if (record->NextOutside()) {
      return NextRow(&calls_, bulk_waits);
    }
  }
  return {};
}

Admission::Entry Admission::NextRow(Line* line, bool bulk_waits) {
  for (; !line->empty(); Pop(line)) {
    RequestRecord* const record = line->front();
    const std::optional<uint32_t> row = record->NextOutside();
    if (!row) continue;
    const bool waits = record->call().options.wait;
    const size_t room = waits ? RoomFor(record->kind(), bulk_waits) : room_.free();
    if (room == 0) return {};
    return {record, *row};
  }
  return {};
}

}  // namespace quorate
