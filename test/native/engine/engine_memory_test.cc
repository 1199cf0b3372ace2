// What waiting rows and finished calls cost in memory.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "test/native/engine/test_engine.h"

namespace {

// Bytes that are allocated and not freed, and how many there ever were at once.
std::atomic<size_t> live{0};
std::atomic<size_t> peak{0};
constexpr size_t kHeader = alignof(std::max_align_t);

void* Allocate(size_t bytes) {
  auto* block = static_cast<char*>(std::malloc(bytes + kHeader));
  if (block == nullptr) throw std::bad_alloc();
  *reinterpret_cast<size_t*>(block) = bytes;
  const size_t now = live += bytes;
  for (size_t known = peak; now > known && !peak.compare_exchange_weak(known, now);) {
  }
  return block + kHeader;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  char* const block = static_cast<char*>(memory) - kHeader;
  live -= *reinterpret_cast<size_t*>(block);
  std::free(block);
}

}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }

namespace quorate {
namespace {

constexpr size_t kMillion = 1'000'000;

// What `work` adds to the memory in use, at its highest.
template <typename Work>
size_t PeakOf(const Work& work) {
  const size_t before = live;
  peak = before;
  work();
  return peak - before;
}

Call InPlace(const Values& values, CallOptions options = {}) {
  Call call;
  call.id = 1;
  call.rows = static_cast<uint32_t>(values.size());
  call.tensors = {{reinterpret_cast<const uint8_t*>(values.data()), false}};
  call.options = options;
  return call;
}

// Its rows' states and answers come with the first of them.
TEST(Memory, OfABatchThatWaitsIsTheSameWhateverItsRows) {
  for (const bool lazy : {false, true}) {
    CascadeSpec spec = ManualTiers(2);
    spec.tiers[1].cumulative = true;
    spec.max_rows_in_flight = 4;
    TestEngine test(spec);
    test.Rows({1, 1, 1, 1});
    const Values values(kMillion, 1);
    Call call = InPlace(values, {.detail = Detail::kVotes, .wait = true});
    call.tensors[0].lazy = lazy;
    call.id = 100;
    const size_t bytes = PeakOf([&] { EXPECT_TRUE(test.engine->Submit(std::move(call)).ok()); });
    EXPECT_LE(bytes, size_t{4} << 10);
  }
}

// Its answers, made once, and four bytes of state.
TEST(Memory, OfABatchThatHasBegunIs15BytesPerRowAnd4PerMeasure) {
  const Values values(kMillion, 1);
  const std::pair<int, size_t> costs[] = {{0, 15},
                                          {kScore, 19},
                                          {kScore | kConfidence | kMargin, 27},
                                          {kScore | kConfidence | kMargin | kEntropy, 31}};
  for (const auto& [measures, of_a_row] : costs) {
    CascadeSpec spec = ManualTiers(1);
    spec.measures = static_cast<uint8_t>(measures);
    TestEngine test(spec);
    EXPECT_LE(PeakOf([&] { EXPECT_TRUE(test.engine->Submit(InPlace(values)).ok()); }),
              kMillion * of_a_row + (64 << 10));
  }
}

// Rows at the door are refused, so a million offered ones cost what the thousand admitted ones do.
TEST(Memory, OfAMillionRowsOfferedIsThatOfThoseAdmitted) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1000;
  TestEngine test(spec);
  const auto offer = [&test](size_t rows) {
    size_t taken = 0;
    for (size_t i = 0; i < rows; ++i) {
      Call call = test.Copied({1}, {});
      call.single = true;
      call.id = 1 + i;
      taken += test.engine->Submit(std::move(call)).ok() ? 1 : 0;
    }
    return taken;
  };
  const size_t bytes = PeakOf([&] { EXPECT_EQ(offer(kMillion), 1000u); });
  EXPECT_LE(bytes, size_t{1000} * 1024);
}

// A call at the door that gives up leaves a place in the line, not its data.
TEST(Memory, OfCallsThatWereCancelledWhileTheyWaitedIsGivenBack) {
  constexpr size_t kMegabyte = 1 << 20;
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = kMegabyte;
  TestEngine test(spec);
  const auto submit = [&test] {
    Call call = test.Copied({1}, {.wait = true});
    call.single = true;
    call.storage_bytes = kMegabyte;
    call.storage.reset(new uint8_t[kMegabyte]());
    call.tensors[0].data = call.storage.get();
    return test.Submit(std::move(call), 1);
  };
  submit();
  submit();  // The first in the line.
  const size_t bytes = PeakOf([&] {
    for (int i = 0; i < 100; ++i) test.Cancel(submit());
  });
  EXPECT_LE(bytes, 2 * kMegabyte);
}

TEST(Memory, OfCopiedBatchesOfferedIsThatOfThoseTaken) {
  constexpr size_t kMegabyte = 1 << 20;
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = 8 * kMegabyte;
  TestEngine test(spec);
  size_t taken = 0;
  const size_t bytes = PeakOf([&] {
    for (int i = 0; i < 1000; ++i) {
      Call call;
      call.rows = 1;
      call.options.wait = true;
      call.storage_bytes = kMegabyte;
      if (!test.engine->Check(call).ok()) continue;
      call.storage.reset(new uint8_t[kMegabyte]());
      call.tensors = {{call.storage.get(), false}};
      test.Submit(std::move(call), 1);
      ++taken;
    }
  });
  EXPECT_EQ(taken, 8u);
  EXPECT_LE(bytes, 8 * kMegabyte + (64 << 10));
}

// Most of the deadlines that calls leave behind are cleared away, also while an early one stays.
TEST(Memory, OfDeadlinesIsThatOfOpenCalls) {
  TestEngine test(ManualTiers(1));
  test.Row(1, {.deadline_in_ns = kNsPerMs});
  const auto come_and_go = [&test](size_t calls) {
    for (size_t i = 0; i < calls; ++i) {
      Call call = test.Copied({1}, {.deadline_in_ns = 3600 * 1000 * kNsPerMs});
      call.id = test.NextId();
      EXPECT_TRUE(test.engine->Submit(std::move(call)).ok());
      test.engine->Cancel(call.id);
      test.Forget(call.id);
    }
  };
  come_and_go(10'000);
  EXPECT_LE(PeakOf([&] { come_and_go(100'000); }), size_t{256} << 10);
  test.Advance(1);
  EXPECT_EQ(test.Error(1), StatusCode::kDeadline);
}

}  // namespace
}  // namespace quorate
