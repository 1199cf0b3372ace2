#pragma once

// How close does the reduction on a GPU come to copying the same bytes on it?

#include <string>
#include <vector>

namespace quorate {

// Command line: [--json FILE] [--quick]. Gives the exit status.
//
// Sweep of rows x members x classes, float32 logits, three plans (votes; score rule; all measures),
// against a device-to-device copy of the same scores in the same run. "warm": the same buffers
// again and again, so small shapes come from L2. "cold": L2 is overwritten before each run. Times
// are CUDA events around one operation; medians of 21. The copy's bandwidth counts the bytes once,
// as the reduction's does. Then compaction and gather. --quick: one small shape, to see that it
// works. Without a GPU it measures nothing and says so; with QUORATE_EXPECT_GPU=1 it then fails.
int RunKernelsBench(const std::vector<std::string>& arguments);

}  // namespace quorate
