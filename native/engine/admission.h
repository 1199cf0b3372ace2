#pragma once

// Which calls and rows may come in, and which wait for that: rows and bytes have bounds. No thread,
// no lock, no clock.

#include <cstdint>
#include <deque>

#include "native/base/status.h"
#include "native/engine/request_record.h"
#include "native/scheduler/row_room.h"

namespace quorate {

class Admission {
 public:
  Admission(size_t max_rows, size_t max_bytes) : room_(max_rows), max_bytes_(max_bytes) {}
  ~Admission();  // Lets go of the calls that still stand in line.
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // How many rows of the call may be taken, those that will wait included; or kQueueFull. A call
  // that waits is let in, a batch that does not is as a whole or not at all. `bulk_rows`: rows of
  // batches that wait in the first tier, as they are.
  StatusOr<uint32_t> RowsLetIn(const Call& call, size_t bulk_rows) const;

  // Queues the call. A batch's bytes count at once: they are held already.
  void Enter(RequestRecord* record);

  // The next that may come in, in order: a row, or all rows of a batch that is taken as it is
  // (kBulk). The caller lets it in (LetIn(), LetAllIn()) or settles it before asking again. No
  // record: none for now.
  struct Entry {
    RequestRecord* record = nullptr;
    uint32_t row = 0;
  };
  Entry Next(bool bulk_waits);

  // The call is over: its bytes count no more.
  void Leave(const RequestRecord& record);

  // How many more rows of those who wait may come in; `bulk_waits`: rows of batches that are taken
  // as they are wait in the first tier.
  size_t RoomFor(RowKind kind, bool bulk_waits) const;

  RowRoom* room() { return &room_; }

 private:
  using Line = std::deque<RequestRecord*>;

  bool BytesFit(size_t bytes) const {
    return bytes == 0 || bytes_ == 0 || bytes_ + bytes <= max_bytes_;
  }
  size_t PlacesFor(const Call& call, size_t bulk_rows) const;
  size_t RowsWhoseBytesFit(const Call& call) const;
  void Admit(RequestRecord* record);
  static void Pop(Line* line);
  // An entry without a record: the first of the line waits, or the line is empty.
  Entry NextCall(bool bulk_waits);
  Entry NextRow(Line* line, bool bulk_waits);

  RowRoom room_;
  const size_t max_bytes_;
  size_t bytes_ = 0;  // Of admitted calls that are not over.
  // One reference each. Batches whose rows must ask for a tensor first have a line of their own, or
  // single rows would stand behind all of theirs.
  Line calls_;
  Line asking_;
};

}  // namespace quorate
