// One test per slot of native/ort/api.h, named after it, that sees what the slot did: status,
// environment, options, sessions.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

TEST_F(ApiSlots, GetErrorMessage) {
  OwnedSession session(&library_);
  const OwnedOptions options = Options();
  OrtStatus* status = api_[slot::kCreateSession](library_.env(), "/no/such/model.onnx",
                                                 options.get(), session.out());
  ASSERT_NE(status, nullptr);
  EXPECT_NE(std::strstr(api_[slot::kGetErrorMessage](status), "/no/such/model.onnx"), nullptr);
  api_[slot::kReleaseStatus](status);
}

TEST_F(ApiSlots, ReleaseStatus) {
  const OwnedOptions options = Options();
  ExpectReleased<OrtStatus>(
      200,
      [&](OrtStatus** out) {
        *out = api_[slot::kSetSessionExecutionMode](options.get(), static_cast<ExecutionMode>(7));
        return static_cast<OrtStatus*>(nullptr);
      },
      slot::kReleaseStatus);
}

TEST_F(ApiSlots, CreateEnvWithCustomLogger) {
  EXPECT_EQ(library_.env(), first_env_) << "one environment per process";
  EnvironmentMessages().clear();
  const OwnedSession session = Load("linear.onnx");
  EXPECT_FALSE(EnvironmentMessages().empty());
}

// Its effect is on another machine: what can be seen is that it is taken, and that no thread runs
// that would send anything (ORT_DISABLE_TELEMETRY is what stops that one).
TEST_F(ApiSlots, DisableTelemetryEvents) {
  EXPECT_EQ(Code(api_[slot::kDisableTelemetryEvents](library_.env())), 0);
  EXPECT_EQ(Threads(), 1u);
}

TEST_F(ApiSlots, CreateSessionOptions) {
  OwnedOptions a(&library_);
  OwnedOptions b(&library_);
  Ok(api_[slot::kCreateSessionOptions](a.out()));
  Ok(api_[slot::kCreateSessionOptions](b.out()));
  EXPECT_NE(a.get(), nullptr);
  EXPECT_NE(a.get(), b.get());
}

TEST_F(ApiSlots, SetSessionExecutionMode) {
  const OwnedOptions options = Options();
  EXPECT_EQ(Code(api_[slot::kSetSessionExecutionMode](options.get(), ORT_SEQUENTIAL)), 0);
  EXPECT_NE(Code(api_[slot::kSetSessionExecutionMode](options.get(), ExecutionMode{7})), 0);
  EXPECT_NE(last_message_.find("execution_mode"), std::string::npos) << last_message_;
}

TEST_F(ApiSlots, EnableProfiling) {
  EXPECT_NE(Profile(ORT_DISABLE_ALL).find("_kernel_time"), std::string::npos);
}

TEST_F(ApiSlots, DisableMemPattern) {
  const auto options_logged = [&](bool disable) {
    std::vector<std::string> messages;
    const OwnedOptions options = Options();
    if (disable) Ok(api_[slot::kDisableMemPattern](options.get()));
    EnvironmentMessages().clear();
    const OwnedSession session = Load("linear.onnx", options);
    std::string all;
    for (const std::string& message : EnvironmentMessages()) all += message + "\n";
    return all;
  };
  EXPECT_NE(options_logged(false).find("enable_mem_pattern:1"), std::string::npos);
  EXPECT_NE(options_logged(true).find("enable_mem_pattern:0"), std::string::npos);
}

TEST_F(ApiSlots, SetSessionGraphOptimizationLevel) {
  EXPECT_NE(Profile(ORT_DISABLE_ALL).find("\"Relu\""), std::string::npos);
  EXPECT_EQ(Profile(ORT_ENABLE_ALL).find("\"Relu\""), std::string::npos) << "Relu was not fused";
}

TEST_F(ApiSlots, SetIntraOpNumThreads) {
  const OwnedOptions options = Options();
  Ok(api_[slot::kSetIntraOpNumThreads](options.get(), 3));
  const size_t before = Threads();
  const OwnedSession session = Load("linear.onnx", options);
  EXPECT_EQ(Threads() - before, 2u) << "the caller is the third";
}

TEST_F(ApiSlots, SetInterOpNumThreads) {
  const OwnedOptions options = Options();
  Ok(api_[slot::kSetSessionExecutionMode](options.get(), ORT_PARALLEL));
  Ok(api_[slot::kSetInterOpNumThreads](options.get(), 1));
  const size_t before = Threads();
  const OwnedSession one = Load("linear.onnx", options);
  const size_t with_one = Threads() - before;
  Ok(api_[slot::kSetInterOpNumThreads](options.get(), 5));
  const OwnedSession five = Load("linear.onnx", options);
  EXPECT_GE(Threads() - before - with_one, with_one + 3);
}

TEST_F(ApiSlots, AddSessionConfigEntry) {
  const OwnedOptions options = Options();
  Ok(api_[slot::kAddSessionConfigEntry](options.get(), "session.load_model_format", "ORT"));
  OwnedSession session(&library_);
  EXPECT_NE(Code(api_[slot::kCreateSession](library_.env(), Fixture("linear.onnx").c_str(),
                                            options.get(), session.out())),
            0)
      << "an ONNX file was read as ORT format";
}

TEST_F(ApiSlots, SetUserLoggingFunction) {
  std::vector<std::string> messages;
  const OwnedOptions options = Options();
  Ok(api_[slot::kSetUserLoggingFunction](options.get(), &Record, &messages));
  EnvironmentMessages().clear();
  { const OwnedSession session = Load("linear.onnx", options); }
  EXPECT_FALSE(messages.empty());
}

TEST_F(ApiSlots, ReleaseSessionOptions) {
  ExpectReleased<OrtSessionOptions>(
      100, [&](OrtSessionOptions** out) { return api_[slot::kCreateSessionOptions](out); },
      slot::kReleaseSessionOptions);
}

TEST_F(ApiSlots, CreateSession) {
  const OwnedSession session = Load("external.onnx");  // By path: the weights are in another file.
  std::array<float, 2> y{};
  Ok(RunLinear(session.get(), nullptr, y));
  EXPECT_EQ(y, (std::array<float, 2>{22.5f, 27.5f}));
}

TEST_F(ApiSlots, CreateSessionFromArray) {
  std::vector<uint8_t> bytes = ReadBytes(Fixture("linear.onnx"));
  const OwnedOptions options = Options();
  OwnedSession session(&library_);
  Ok(api_[slot::kCreateSessionFromArray](library_.env(), bytes.data(), bytes.size(), options.get(),
                                         session.out()));
  std::fill(bytes.begin(), bytes.end(), uint8_t{0xff});  // Not needed any more.
  std::array<float, 2> y{};
  Ok(RunLinear(session.get(), nullptr, y));
  EXPECT_EQ(y, (std::array<float, 2>{22.5f, 27.5f}));
}

TEST_F(ApiSlots, ReleaseSession) {
  const OwnedOptions options = Options();
  ExpectReleased<OrtSession>(
      20,
      [&](OrtSession** out) {
        return api_[slot::kCreateSession](library_.env(), Fixture("linear.onnx").c_str(),
                                          options.get(), out);
      },
      slot::kReleaseSession);
}

TEST_F(ApiSlots, SessionGetInputCount) {
  size_t count = 0;
  Ok(api_[slot::kSessionGetInputCount](Load("two-inputs.onnx").get(), &count));
  EXPECT_EQ(count, 2u);
  Ok(api_[slot::kSessionGetInputCount](Load("two-outputs.onnx").get(), &count));
  EXPECT_EQ(count, 1u);
}

TEST_F(ApiSlots, SessionGetOutputCount) {
  size_t count = 0;
  Ok(api_[slot::kSessionGetOutputCount](Load("two-outputs.onnx").get(), &count));
  EXPECT_EQ(count, 2u);
  Ok(api_[slot::kSessionGetOutputCount](Load("two-inputs.onnx").get(), &count));
  EXPECT_EQ(count, 1u);
}

TEST_F(ApiSlots, SessionGetInputTypeInfo) {
  ONNXType type = ONNX_TYPE_UNKNOWN;
  Ok(api_[slot::kGetOnnxTypeFromTypeInfo](Type(true, "sequence.onnx", 0).get(), &type));
  EXPECT_EQ(type, ONNX_TYPE_TENSOR);
}

TEST_F(ApiSlots, SessionGetOutputTypeInfo) {
  ONNXType type = ONNX_TYPE_UNKNOWN;
  Ok(api_[slot::kGetOnnxTypeFromTypeInfo](Type(false, "sequence.onnx", 0).get(), &type));
  EXPECT_EQ(type, ONNX_TYPE_SEQUENCE);
}

TEST_F(ApiSlots, SessionGetInputName) { EXPECT_EQ(Name(true, "two-inputs.onnx", 1), "b"); }

TEST_F(ApiSlots, SessionGetOutputName) { EXPECT_EQ(Name(false, "two-outputs.onnx", 1), "label"); }

TEST_F(ApiSlots, SessionEndProfiling) {
  EXPECT_NE(Profile(ORT_ENABLE_ALL).find("\"dur\""), std::string::npos);
}

TEST_F(ApiSlots, CastTypeInfoToTensorInfo) {
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  const OwnedTypeInfo tensor = Type(false, "linear.onnx", 0);
  Ok(api_[slot::kCastTypeInfoToTensorInfo](tensor.get(), &info));
  EXPECT_NE(info, nullptr);
  const OwnedTypeInfo sequence = Type(false, "sequence.onnx", 0);
  Ok(api_[slot::kCastTypeInfoToTensorInfo](sequence.get(), &info));
  EXPECT_EQ(info, nullptr);
}

TEST_F(ApiSlots, GetOnnxTypeFromTypeInfo) {
  ONNXType type = ONNX_TYPE_UNKNOWN;
  Ok(api_[slot::kGetOnnxTypeFromTypeInfo](Type(false, "zipmap.onnx", 1).get(), &type));
  EXPECT_EQ(type, ONNX_TYPE_SEQUENCE);
  Ok(api_[slot::kGetOnnxTypeFromTypeInfo](Type(false, "zipmap.onnx", 0).get(), &type));
  EXPECT_EQ(type, ONNX_TYPE_TENSOR);
}

TEST_F(ApiSlots, ReleaseTypeInfo) {
  const OwnedSession session = Load("linear.onnx");
  ExpectReleased<OrtTypeInfo>(
      200,
      [&](OrtTypeInfo** out) {
        return api_[slot::kSessionGetInputTypeInfo](session.get(), 0, out);
      },
      slot::kReleaseTypeInfo);
}

}  // namespace
}  // namespace quorate::ort
