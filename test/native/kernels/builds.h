#pragma once

#include <vector>

#include "native/kernels/cpu/agreement.h"

namespace quorate {

struct Build {
  const char* name;
  RowFunction run;
};

// The builds of the row loop that this processor can run; the scalar one first.
inline std::vector<Build> RunnableBuilds() {
  std::vector<Build> builds = {{"scalar", ScalarRows()}, {"baseline", BaselineRows()}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) builds.push_back({"avx2", Avx2Rows()});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    builds.push_back({"avx512", Avx512Rows()});
  }
#endif
  return builds;
}

}  // namespace quorate
