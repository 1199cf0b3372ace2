#pragma once

namespace quorate {

// What limits the number of CPUs.
enum class CoresLimit {
  kAffinity,  // The CPUs that the calling thread may run on: a cpuset, taskset, or the machine's.
  kQuota,     // The CPU time that its control group allows: docker run --cpus=2.
};

struct Cores {
  unsigned count;  // >= 1.
  CoresLimit limit;
};

// CPUs that the process can use: what the pool gets threads for. More threads than that would only
// stand in each other's way. Reads a few files; std::thread::hardware_concurrency() would count the
// machine's.
Cores AvailableCores();

}  // namespace quorate
