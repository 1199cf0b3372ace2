// What travels to GPU machines (scripts/gpu-bundle.mjs): the checks and the bench of the kernels in
// one program, so that the kernels travel once. No test framework, for the same reason.
//
//   quorate-gpu parity [options of cuda_parity.h]
//   quorate-gpu bench  [options of cuda_kernels_bench.h]

#include <cstdio>

#include "bench/native/cuda_kernels_bench.h"
#include "test/native/kernels/cuda_parity.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string command = words.empty() ? "" : words.front();
  if (command == "parity") return quorate::RunParity({words.begin() + 1, words.end()});
  if (command == "bench") return quorate::RunKernelsBench({words.begin() + 1, words.end()});
  fprintf(stderr, "usage: quorate-gpu parity|bench [options]\n");
  return 2;
}
