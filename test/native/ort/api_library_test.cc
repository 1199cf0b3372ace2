#include "native/ort/api_library.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "native/ort/session.h"
#include "test/native/ort/library_under_test.h"
#include "test/native/ort/new_process.h"

namespace quorate::ort {
namespace {

void ExpectNotFound(const std::vector<std::string>& paths, const std::vector<std::string>& parts) {
  const StatusOr<const ApiLibrary*> library = ApiLibrary::Open(paths);
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.status().code(), StatusCode::kRuntimeNotFound);
  for (const std::string& part : parts) {
    EXPECT_NE(library.status().message().find(part), std::string::npos)
        << "\"" << part << "\" is not in: " << library.status().message();
  }
}

TEST(ApiLibrary, NotFoundListsEveryPathAndTheRemedy) {
  ExpectNotFound(
      {"/no/such/a.so", "no-such-b.so"},
      {"/no/such/a.so (", "no-such-b.so (", "No such file", "npm install onnxruntime-node"});
  ExpectNotFound({}, {"npm install onnxruntime-node",
                      "ONNXRUNTIME_NODE_INSTALL=skip npm install quorate onnxruntime-node"});
}

TEST(ApiLibrary, RefusesLibrariesThatAreTooOldOrOther) {
  ExpectNotFound({FAKE_OLD}, {FAKE_OLD, "1.16.3", "needs 1.17"});
  ExpectNotFound({FAKE_2}, {"2.0.0", "needs 1.17"});
  ExpectNotFound({FAKE_WITHOUT_TABLE}, {"1.99.0"});
  ExpectNotFound({NOT_ORT}, {"not ONNX Runtime"});
  ExpectNotFound({Fixture("linear.onnx")}, {"linear.onnx", "invalid ELF header"});
}

TEST(ApiLibrary, TakesTheFirstPathThatWorks) {
  static const auto library = ApiLibrary::Open({"/no/such/a.so", FAKE_OLD, LibraryPath()});
  ASSERT_TRUE(library.ok()) << library.status().message();
  EXPECT_TRUE(std::filesystem::equivalent(library.value()->path(), LibraryPath()));
  EXPECT_EQ(library.value()->version().rfind("1.", 0), 0u);
}

TEST(ApiLibrary, IsOnePerProcessWhateverIsAskedForLater) {
  EXPECT_FALSE(ApiLibrary::Get({"/no/such/a.so"}).ok());  // Not remembered.
  const auto first = ApiLibrary::Get({LibraryPath()});
  ASSERT_TRUE(first.ok()) << first.status().message();
  const auto second = ApiLibrary::Get({"/no/such/a.so"});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first.value(), second.value());
}

// Each in a process of its own: the library must not have been opened before.

size_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

void OpensFirst() {
  unsetenv("ORT_DISABLE_TELEMETRY");
  EXPECT_TRUE(Library().telemetry_off());
  EXPECT_STREQ(std::getenv("ORT_DISABLE_TELEMETRY"), "1");
  EXPECT_EQ(Threads(), 1u) << "something runs beside us";
}

TEST(ApiLibraryProcess, TurnsTelemetryOffBeforeItOpensTheLibrary) {
  EXPECT_IN_NEW_PROCESS(OpensFirst());
}

void OverridesNo() {
  setenv("ORT_DISABLE_TELEMETRY", "0", 1);
  EXPECT_TRUE(Library().telemetry_off());
  EXPECT_STREQ(std::getenv("ORT_DISABLE_TELEMETRY"), "1");
}

TEST(ApiLibraryProcess, TurnsTelemetryOffWhateverTheVariableSays) {
  EXPECT_IN_NEW_PROCESS(OverridesNo());
}

void OpensSecond() {
  unsetenv("ORT_DISABLE_TELEMETRY");
  EXPECT_NE(dlopen(LibraryPath().c_str(), RTLD_NOW), nullptr);
  EXPECT_FALSE(Library().telemetry_off());
}

TEST(ApiLibraryProcess, SaysWhenItCameTooLateToTurnTelemetryOff) {
  EXPECT_IN_NEW_PROCESS(OpensSecond());
}

void OpensSecondWithVariable() {
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  EXPECT_NE(dlopen(LibraryPath().c_str(), RTLD_NOW), nullptr);
  EXPECT_TRUE(Library().telemetry_off());
}

TEST(ApiLibraryProcess, KnowsThatTheUserHadTurnedTelemetryOff) {
  EXPECT_IN_NEW_PROCESS(OpensSecondWithVariable());
}

void Record(void* to, OrtLoggingLevel severity, const char*, const char*, const char*,
            const char*) {
  if (severity >= ORT_LOGGING_LEVEL_WARNING) ++*static_cast<int*>(to);
}

// Runs a node into an output of the wrong shape, which ONNX Runtime logs as an error.
void FailOnce(const ApiLibrary& library) {
  OnnxFile file;
  file.name = "wrong-columns";
  file.bytes = std::make_shared<std::vector<uint8_t>>(ReadBytes(Fixture("wrong-columns.onnx")));
  const auto session = Session::Create(&library, file, {});
  ASSERT_TRUE(session.ok()) << session.status().message();
  const float x[4] = {1, 1, 1, 1};
  float y[2] = {};
  const auto input =
      TensorOver(library, library.cpu_memory(), x, 16, {1, 4}, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
  const auto output =
      TensorOver(library, library.cpu_memory(), y, 8, {1, 2}, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
  const char* x_name = "x";
  const char* y_name = "y";
  const OrtValue* in = input.value().get();
  OrtValue* out = output.value().get();
  const Status status = library.ToStatus(
      library.api()[slot::kRun](session.value()->get(), nullptr, &x_name, &in, 1, &y_name, 1, &out),
      StatusCode::kMember, "run");
  EXPECT_EQ(status.code(), StatusCode::kMember);
}

void FailsInAnothersEnvironment() {
  void* handle = dlopen(LibraryPath().c_str(), RTLD_NOW);
  const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"))();
  static int logged = 0;
  OrtEnv* theirs = nullptr;
  Table(base->GetApi(kApiVersion))[slot::kCreateEnvWithCustomLogger](
      &Record, &logged, ORT_LOGGING_LEVEL_WARNING, "theirs", &theirs);
  EXPECT_EQ(Library().env(), theirs);
  FailOnce(Library());
  EXPECT_EQ(logged, 0) << "our sessions log to somebody else's logger";
}

TEST(ApiLibraryProcess, SharesAnothersEnvironmentButNotItsLog) {
  EXPECT_IN_NEW_PROCESS(FailsInAnothersEnvironment());
}

TEST(ApiLibrary, WritesNothingToTheTerminalWhenARunFails) {
  const ApiLibrary& library = Library();
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  FailOnce(library);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

}  // namespace
}  // namespace quorate::ort
