#pragma once

// The threads of one CUDA thread block, each a coroutine that runs until it has to wait for others.
// What CUDA leaves undefined ends the process with a sentence: a barrier that not all threads
// reach, different operations at one exchange, a mask without the calling thread.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "test/native/kernels/emulation/cuda_runtime_api.h"

namespace quorate::emulation {

// In which order threads run between two barriers. No kernel's result may depend on it.
enum class Order { kAscending, kDescending, kScattered };

struct ThreadPosition {
  dim3 thread;
  dim3 block;
  dim3 grid;
};

// Runs `body` for each of `threads` threads until all have returned.
void RunBlock(uint32_t threads, dim3 block, dim3 grid, Order order,
              const std::function<void()>& body);

// For the threads inside RunBlock():
const ThreadPosition& CurrentThread();
void SyncBlock();
void SyncWarp(uint32_t mask);
enum class Shuffle : uint8_t { kNone, kXor, kUp };
// The value that another thread of the warp brings; the own one where there is no other.
uint64_t Exchange(uint32_t mask, uint64_t value, Shuffle shuffle, int offset);

}  // namespace quorate::emulation
