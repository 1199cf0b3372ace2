// Stopping work: `slow` would run for minutes.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

using std::chrono::steady_clock;

// Calls `stop` while a run is on its way and returns the run's report.
template <typename Stop>
RunReport RunAndStop(HostModel& slow, const CancelFlag* cancel, Stop stop) {
  RunReport report;
  std::vector<float> y(2);
  std::atomic<bool> started = false;
  std::atomic<bool> over = false;
  std::thread runner([&] {
    started = true;
    report = RunRows(slow, 1, std::vector<float>{1, 2}, {2}, y, cancel);
    over = true;
  });
  while (!started) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_FALSE(over) << "it was not running";
  const auto start = steady_clock::now();
  stop();
  runner.join();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(20));
  return report;
}

TEST(Cancel, StopsARunInProgress) {
  const auto slow = Load("slow.onnx");
  CancelFlag cancel;
  const RunReport report = RunAndStop(*slow, &cancel, [&] { cancel.Cancel(); });
  EXPECT_EQ(report.status.code(), StatusCode::kAborted) << report.status.message();
  EXPECT_NE(report.status.message().find("slow.onnx"), std::string::npos);
}

TEST(Cancel, TheSameLaneRunsAgainAfterwards) {
  const auto slow = Load("slow.onnx");
  for (int i = 0; i < 2; ++i) {  // The second would end at once if the first had not been undone.
    CancelFlag cancel;
    const RunReport report = RunAndStop(*slow, &cancel, [&] { cancel.Cancel(); });
    EXPECT_EQ(report.status.code(), StatusCode::kAborted);
  }
}

TEST(Cancel, AFlagThatIsSetAlreadyComputesNothing) {
  CancelFlag cancel;
  cancel.Cancel();
  std::vector<float> y = {7, 7};
  const RunReport report = RunRows(*Load("linear.onnx"), 1, std::vector<float>(3), {3}, y, &cancel);
  EXPECT_EQ(report.status.code(), StatusCode::kAborted);
  EXPECT_EQ(y, (std::vector<float>{7, 7}));
}

TEST(Cancel, AFlagThatIsNotSetChangesNothing) {
  CancelFlag cancel;
  std::vector<float> y(2);
  EXPECT_TRUE(RunRows(*Load("linear.onnx"), 1, std::vector<float>(3), {3}, y, &cancel).status.ok());
  cancel.Cancel();  // Late: nobody is hooked any more.
}

TEST(Terminate, StopsRunsNowAndLater) {
  const auto slow = Load("slow.onnx");
  const RunReport report = RunAndStop(*slow, nullptr, [&] { slow->Terminate(); });
  EXPECT_EQ(report.status.code(), StatusCode::kAborted);
  std::vector<float> y(2);
  EXPECT_EQ(RunRows(*slow, 1, std::vector<float>{1, 2}, {2}, y).status.code(),
            StatusCode::kAborted);
}

TEST(Terminate, DoesNotTouchOtherUsersOfTheSameFile) {
  const auto one = Load("linear.onnx");
  const auto other = Load("linear.onnx");
  one->Terminate();
  std::vector<float> y(2);
  EXPECT_EQ(RunRows(*one, 1, std::vector<float>(3), {3}, y).status.code(), StatusCode::kAborted);
  EXPECT_TRUE(RunRows(*other, 1, std::vector<float>(3), {3}, y).status.ok());
}

TEST(Terminate, StopsAMeasurementOfFlops) {
  const auto slow = Load("slow.onnx");
  StatusOr<uint64_t> flops = uint64_t{0};
  std::thread measurer([&] { flops = slow->FlopsPerRow({{2}}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  slow->Terminate();
  measurer.join();
  EXPECT_FALSE(flops.ok());
}

}  // namespace
}  // namespace quorate::ort
