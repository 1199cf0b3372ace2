#include "native/scheduler/cores.h"

#include <algorithm>
#include <thread>

#include "native/scheduler/cpu_quota.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace quorate {
namespace {

unsigned AffinityCores() {
#if defined(__linux__)
  cpu_set_t allowed;
  // Fails on machines of more CPUs than the set has room for.
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&allowed)));
  }
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

Cores AvailableCores() {
  const unsigned affinity = AffinityCores();
  const unsigned quota = CpuQuota("/").value_or(affinity);
  if (quota < affinity) return {quota, CoresLimit::kQuota};
  return {affinity, CoresLimit::kAffinity};
}

}  // namespace quorate
