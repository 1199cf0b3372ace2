#include "native/ort/device/session_memory.h"

#include <cstdlib>
#include <optional>

namespace quorate::ort {

uint64_t ArenaBytes(const Session& session) {
  const ApiLibrary& library = session.library();
  const std::optional<Table> api = library.Since(kAllocatorStatsVersion);
  if (!api) return 0;
  const auto ok = [&](OrtStatus* status) {
    return library.ToStatus(status, StatusCode::kInternal, "the arena cannot be asked").ok();
  };
  Owned<OrtAllocator, slot::kReleaseAllocator> allocator(&library);
  if (!ok((*api)[slot::kCreateAllocator](session.get(), session.memory(), allocator.out()))) {
    return 0;
  }
  Owned<OrtKeyValuePairs, slot::kReleaseKeyValuePairs> stats(&library);
  if (!ok((*api)[slot::kAllocatorGetStats](allocator.get(), stats.out()))) return 0;
  const char* const taken = (*api)[slot::kGetKeyValue](stats.get(), "TotalAllocated");
  return taken == nullptr ? 0 : std::strtoull(taken, nullptr, 10);
}

}  // namespace quorate::ort
