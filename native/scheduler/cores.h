#pragma once

namespace quorate {

// CPUs that the calling thread may run on, at least 1: what the pool gets threads for. Where the
// process is bound to some of the machine's CPUs (a container, taskset), more threads would only
// stand in each other's way; std::thread::hardware_concurrency() counts the machine's.
unsigned AvailableCores();

}  // namespace quorate
