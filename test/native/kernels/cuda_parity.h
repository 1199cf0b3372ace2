#pragma once

// Does the GPU give the bits of the CPU?

#include <string>
#include <vector>

namespace quorate {

// Command line: [--vectors FILE] [--json FILE] [--quick] [--no-fill]
//
// Prints "N passed, N failed" and gives the exit status. Without a GPU it says "not run on a GPU"
// and succeeds, unless one is expected: QUORATE_EXPECT_GPU=1, or the system shows one.
// QUORATE_EXPECT_GPU=0 expects none. --quick is for compute-sanitizer; --no-fill too, for its tool
// initcheck.
int RunParity(const std::vector<std::string>& arguments);

}  // namespace quorate
