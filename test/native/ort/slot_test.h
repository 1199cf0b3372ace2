#pragma once

// What the tests of single slots share: an environment with a logger of theirs, and short ways to
// sessions, values and runs.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "native/ort/session.h"
#include "test/native/ort/library_under_test.h"
#include "test/native/sanitizers.h"

#if defined(QUORATE_ASAN)
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // g++ has no header for it.
#endif

namespace quorate::ort {

inline std::vector<std::string>& EnvironmentMessages() {
  static auto* messages = new std::vector<std::string>;
  return *messages;
}

inline void Record(void* to, OrtLoggingLevel, const char*, const char*, const char*,
                   const char* message) {
  static_cast<std::vector<std::string>*>(to)->push_back(message);
}

inline size_t AllocatedBytes() {
#if defined(QUORATE_ASAN)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

inline size_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

class ApiSlots : public testing::Test {
 protected:
  // The environment belongs to the first caller, so make it here, with a logger of ours.
  static void SetUpTestSuite() {
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    void* handle = dlopen(LibraryPath().c_str(), RTLD_NOW);
    ASSERT_NE(handle, nullptr) << dlerror();
    auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
    ASSERT_NE(base, nullptr);
    const Table table(base()->GetApi(kApiVersion));
    ASSERT_EQ(table[slot::kCreateEnvWithCustomLogger](
                  &Record, &EnvironmentMessages(), ORT_LOGGING_LEVEL_VERBOSE, "test", &first_env_),
              nullptr);
  }

  // 0 for success; else 1, and the status is released.
  int Code(OrtStatus* status) {
    if (status == nullptr) return 0;
    last_message_ = api_[slot::kGetErrorMessage](status);
    api_[slot::kReleaseStatus](status);
    return 1;
  }
  void Ok(OrtStatus* status) { ASSERT_EQ(Code(status), 0) << last_message_; }

  OwnedOptions Options() {
    OwnedOptions options(&library_);
    Ok(api_[slot::kCreateSessionOptions](options.out()));
    Ok(api_[slot::kSetIntraOpNumThreads](options.get(), 1));
    return options;
  }
  OwnedSession Load(const std::string& name, const OwnedOptions& options) {
    OwnedSession session(&library_);
    Ok(api_[slot::kCreateSession](library_.env(), Fixture(name).c_str(), options.get(),
                                  session.out()));
    return session;
  }
  OwnedSession Load(const std::string& name) { return Load(name, Options()); }

  OwnedValue Tensor(float* data, std::vector<int64_t> dims) {
    OwnedValue value(&library_);
    size_t bytes = sizeof(float);
    for (const int64_t d : dims) bytes *= static_cast<size_t>(d);
    Ok(api_[slot::kCreateTensorWithDataAsOrtValue](library_.cpu_memory(), data, bytes, dims.data(),
                                                   dims.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                                                   value.out()));
    return value;
  }

  // Runs `linear` on {1, 2, 3} and returns the status.
  OrtStatus* RunLinear(OrtSession* session, const OrtRunOptions* options,
                       std::array<float, 2>& answer) {
    std::array<float, 3> x = {1, 2, 3};
    const OwnedValue input = Tensor(x.data(), {1, 3});
    const OwnedValue output = Tensor(answer.data(), {1, 2});
    const char* x_name = "x";
    const char* y_name = "y";
    const OrtValue* in = input.get();
    OrtValue* out = output.get();
    return api_[slot::kRun](session, options, &x_name, &in, 1, &y_name, 1, &out);
  }

  OwnedTypeInfo Type(bool input, const std::string& model, size_t index) {
    const OwnedSession session = Load(model);
    OwnedTypeInfo type(&library_);
    Ok(api_[input ? slot::kSessionGetInputTypeInfo : slot::kSessionGetOutputTypeInfo](
        session.get(), index, type.out()));
    return type;
  }

  std::string Name(bool input, const std::string& model, size_t index) {
    const OwnedSession session = Load(model);
    char* name = nullptr;
    Ok(api_[input ? slot::kSessionGetInputName : slot::kSessionGetOutputName](
        session.get(), index, library_.allocator(), &name));
    const std::string copy = name == nullptr ? "" : name;
    Ok(api_[slot::kAllocatorFree](library_.allocator(), name));
    return copy;
  }

  // The profile of one run of the MLP.
  std::string Profile(GraphOptimizationLevel level) {
    std::string folder = std::filesystem::temp_directory_path() / "quorate-slots-XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    OwnedOptions options = Options();
    Ok(api_[slot::kSetSessionGraphOptimizationLevel](options.get(), level));
    Ok(api_[slot::kEnableProfiling](options.get(), (folder + "/p").c_str()));
    OwnedSession session = Load("mlp-64-16-10.onnx", options);
    std::array<float, 64> x{};
    std::array<float, 10> y{};
    const OwnedValue input = Tensor(x.data(), {1, 64});
    const OwnedValue output = Tensor(y.data(), {1, 10});
    const char* x_name = "x";
    const char* y_name = "logits";
    const OrtValue* in = input.get();
    OrtValue* out = output.get();
    Ok(api_[slot::kRun](session.get(), nullptr, &x_name, &in, 1, &y_name, 1, &out));
    char* path = nullptr;
    Ok(api_[slot::kSessionEndProfiling](session.get(), library_.allocator(), &path));
    EXPECT_EQ(std::string(path).find(folder + "/p"), 0u);
    const std::vector<uint8_t> bytes = ReadBytes(path);
    Ok(api_[slot::kAllocatorFree](library_.allocator(), path));
    std::filesystem::remove_all(folder);
    return {bytes.begin(), bytes.end()};
  }

  // Memory in use goes up by `count` x `create` and back to about where it was with `release`.
  template <typename T>
  void ExpectReleased(size_t count, const std::function<OrtStatus*(T** out)>& create,
                      Slot<void(T*)> release) {
    const auto make = [&] {
      T* made = nullptr;
      Ok(create(&made));
      return made;
    };
    for (int i = 0; i < 3; ++i) api_[release](make());  // Whatever is allocated once.
    std::vector<T*> made(count);
    const size_t before = AllocatedBytes();
    for (T*& object : made) object = make();
    const size_t grown = AllocatedBytes() - before;
    for (T* object : made) api_[release](object);
    const size_t left = AllocatedBytes() - before;
    EXPECT_GT(grown, count * 8) << "made nothing that could be released";
    EXPECT_LT(static_cast<double>(left), 0.5 * static_cast<double>(grown));
  }

  const ApiLibrary& library_ = Library();
  const Table& api_ = library_.api();
  std::string last_message_;
  static inline OrtEnv* first_env_ = nullptr;
};

}  // namespace quorate::ort
