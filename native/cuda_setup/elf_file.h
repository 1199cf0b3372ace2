#pragma once

// What a shared library says about itself, read without loading it: loading runs its code.

#include <string>
#include <vector>

#include "native/base/status.h"

namespace quorate {

struct ElfFacts {
  std::vector<std::string> needed;  // The libraries it is linked against, in its order.
  std::vector<std::string>
      releases;  // Its constants that read "1.30.0": text of 1.<minor>.<patch>.
};

// Linux libraries of 64-bit little-endian machines. Reads the dynamic section and scans the
// constants: tens of milliseconds for a library of 300 MB. kDevice, naming the file.
StatusOr<ElfFacts> ReadElf(const std::string& path);

}  // namespace quorate
