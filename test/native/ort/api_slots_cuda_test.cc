// One test per slot of native/ort/api.h, named after it, that sees what the slot did: the CUDA
// provider, and where a value's memory is. The provider's library need not be there.

#include <optional>
#include <string>

#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

class ApiSlotsCuda : public ApiSlots {
 protected:
  using OwnedCudaOptions = Owned<OrtCUDAProviderOptionsV2, slot::kReleaseCUDAProviderOptions>;

  OwnedCudaOptions CudaOptions() {
    OwnedCudaOptions options(&library_);
    Ok(api_[slot::kCreateCUDAProviderOptions](options.out()));
    return options;
  }

  // The memory info of a value that is said to be in the memory of CUDA device 3.
  void WithGpuMemory(const std::function<void(const OrtMemoryInfo*)>& look) {
    OwnedMemoryInfo memory(&library_);
    Ok(api_[slot::kCreateMemoryInfo]("Cuda", OrtDeviceAllocator, 3, OrtMemTypeDefault,
                                     memory.out()));
    look(memory.get());
  }

  using OwnedAllocator = Owned<OrtAllocator, slot::kReleaseAllocator>;
  using OwnedStats = Owned<OrtKeyValuePairs, slot::kReleaseKeyValuePairs>;

  OwnedAllocator Allocator(const OwnedSession& session) {
    OwnedAllocator allocator(&library_);
    Ok(api_[slot::kCreateAllocator](session.get(), library_.cpu_memory(), allocator.out()));
    return allocator;
  }
  OwnedStats Stats(const OwnedSession& session) {
    OwnedStats stats(&library_);
    Ok((*newer_)[slot::kAllocatorGetStats](Allocator(session).get(), stats.out()));
    return stats;
  }

  // `linear`, whose nodes are asked for their providers.
  OwnedSession Assigned() {
    const OwnedOptions options = Options();
    Ok(api_[slot::kAddSessionConfigEntry](options.get(), "session.record_ep_graph_assignment_info",
                                          "1"));
    return Load("linear.onnx", options);
  }
  // What one provider got, of `session`.
  const OrtEpAssignedSubgraph* Part(const OwnedSession& session) {
    const OrtEpAssignedSubgraph* const* parts = nullptr;
    size_t count = 0;
    Ok((*newer_)[slot::kSession_GetEpGraphAssignmentInfo](session.get(), &parts, &count));
    return count == 0 ? nullptr : parts[0];
  }
  const OrtEpAssignedNode* Node(const OwnedSession& session) {
    const OrtEpAssignedNode* const* nodes = nullptr;
    size_t count = 0;
    Ok((*newer_)[slot::kEpAssignedSubgraph_GetNodes](Part(session), &nodes, &count));
    return count == 0 ? nullptr : nodes[0];
  }

  // Where the library has what came last of all slots.
  const std::optional<Table> newer_ = library_.Since(kGraphReleaseVersion);
};

TEST_F(ApiSlotsCuda, CreateCUDAProviderOptions) {
  const OwnedCudaOptions a = CudaOptions();
  const OwnedCudaOptions b = CudaOptions();
  EXPECT_NE(a.get(), nullptr);
  EXPECT_NE(a.get(), b.get());
}

// Where the provider is, it knows that there is no such option; where it is not, its name is told.
TEST_F(ApiSlotsCuda, UpdateCUDAProviderOptions) {
  const OwnedCudaOptions options = CudaOptions();
  const char* const key = "no_such_option";
  const char* const value = "1";
  EXPECT_NE(Code(api_[slot::kUpdateCUDAProviderOptions](options.get(), &key, &value, 1)), 0);
  EXPECT_TRUE(last_message_.find("libonnxruntime_providers_") != std::string::npos ||
              last_message_.find(key) != std::string::npos)
      << last_message_;
}

// The options begin with the device, whether there is a stream, and the stream.
TEST_F(ApiSlotsCuda, UpdateCUDAProviderOptionsWithValue) {
  struct Head {
    int device;
    int has_stream;
    void* stream;
  };
  const OwnedCudaOptions options = CudaOptions();
  const auto* const head = reinterpret_cast<const Head*>(options.get());
  EXPECT_EQ(head->has_stream, 0);
  int stream = 0;
  Ok(api_[slot::kUpdateCUDAProviderOptionsWithValue](options.get(), "user_compute_stream",
                                                     &stream));
  EXPECT_NE(head->has_stream, 0);
  EXPECT_EQ(head->stream, &stream);
}

TEST_F(ApiSlotsCuda, SessionOptionsAppendExecutionProvider_CUDA_V2) {
  const OwnedOptions options = Options();
  const OwnedCudaOptions cuda = CudaOptions();
  const int code =
      Code(api_[slot::kSessionOptionsAppendExecutionProvider_CUDA_V2](options.get(), cuda.get()));
  // "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library", or what it
  // tried to load.
  const bool names_it = last_message_.find("ExecutionProvider_Cuda") != std::string::npos ||
                        last_message_.find("libonnxruntime_providers_") != std::string::npos;
  EXPECT_TRUE(code == 0 || names_it) << last_message_;
}

TEST_F(ApiSlotsCuda, ReleaseCUDAProviderOptions) {
  ExpectReleased<OrtCUDAProviderOptionsV2>(
      100,
      [&](OrtCUDAProviderOptionsV2** out) { return api_[slot::kCreateCUDAProviderOptions](out); },
      slot::kReleaseCUDAProviderOptions);
}

TEST_F(ApiSlotsCuda, GetTensorMemoryInfo) {
  float number = 1;
  const OwnedValue value = Tensor(&number, {1});
  const OrtMemoryInfo* memory = nullptr;
  Ok(api_[slot::kGetTensorMemoryInfo](value.get(), &memory));
  ASSERT_NE(memory, nullptr);
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_GPU;
  api_[slot::kMemoryInfoGetDeviceType](memory, &type);
  EXPECT_EQ(type, OrtMemoryInfoDeviceType_CPU);
}

TEST_F(ApiSlotsCuda, CreateMemoryInfo) {
  OrtMemoryInfo* memory = nullptr;
  EXPECT_NE(Code(api_[slot::kCreateMemoryInfo]("no such memory", OrtDeviceAllocator, 0,
                                               OrtMemTypeDefault, &memory)),
            0);
  WithGpuMemory([](const OrtMemoryInfo* made) { EXPECT_NE(made, nullptr); });
}

TEST_F(ApiSlotsCuda, ReleaseMemoryInfo) {
  ExpectReleased<OrtMemoryInfo>(
      100,
      [&](OrtMemoryInfo** out) {
        return api_[slot::kCreateMemoryInfo]("Cuda", OrtDeviceAllocator, 0, OrtMemTypeDefault, out);
      },
      slot::kReleaseMemoryInfo);
}

TEST_F(ApiSlotsCuda, MemoryInfoGetId) {
  WithGpuMemory([&](const OrtMemoryInfo* memory) {
    int id = 0;
    Ok(api_[slot::kMemoryInfoGetId](memory, &id));
    EXPECT_EQ(id, 3);
  });
}

TEST_F(ApiSlotsCuda, MemoryInfoGetDeviceType) {
  WithGpuMemory([&](const OrtMemoryInfo* memory) {
    OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
    api_[slot::kMemoryInfoGetDeviceType](memory, &type);
    EXPECT_EQ(type, OrtMemoryInfoDeviceType_GPU);
  });
}

TEST_F(ApiSlotsCuda, CreateAllocator) {
  const OwnedSession session = Load("linear.onnx");
  const OwnedAllocator allocator = Allocator(session);
  EXPECT_NE(allocator.get(), nullptr);
  WithGpuMemory([&](const OrtMemoryInfo* memory) {
    OrtAllocator* none = nullptr;
    EXPECT_NE(Code(api_[slot::kCreateAllocator](session.get(), memory, &none)), 0);
  });
}

TEST_F(ApiSlotsCuda, ReleaseAllocator) {
  const OwnedSession session = Load("linear.onnx");
  ExpectReleased<OrtAllocator>(
      100,
      [&](OrtAllocator** out) {
        return api_[slot::kCreateAllocator](session.get(), library_.cpu_memory(), out);
      },
      slot::kReleaseAllocator);
}

TEST_F(ApiSlotsCuda, AllocatorGetStats) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Load("mlp-64-16-10.onnx");
  EXPECT_NE(Stats(session).get(), nullptr);
}

TEST_F(ApiSlotsCuda, GetKeyValue) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Load("mlp-64-16-10.onnx");
  const OwnedStats stats = Stats(session);
  const char* const taken = (*newer_)[slot::kGetKeyValue](stats.get(), "TotalAllocated");
  ASSERT_NE(taken, nullptr);
  EXPECT_GE(std::stoul(taken), 1210 * sizeof(float)) << "its weights";
  EXPECT_EQ((*newer_)[slot::kGetKeyValue](stats.get(), "no such key"), nullptr);
}

TEST_F(ApiSlotsCuda, ReleaseKeyValuePairs) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Load("linear.onnx");
  const OwnedAllocator allocator = Allocator(session);
  ExpectReleased<OrtKeyValuePairs>(
      100,
      [&](OrtKeyValuePairs** out) {
        return (*newer_)[slot::kAllocatorGetStats](allocator.get(), out);
      },
      slot::kReleaseKeyValuePairs);
}

TEST_F(ApiSlotsCuda, Session_GetEpGraphAssignmentInfo) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  EXPECT_NE(Part(Assigned()), nullptr);
  const OrtEpAssignedSubgraph* const* parts = nullptr;
  size_t count = 0;
  EXPECT_NE(Code((*newer_)[slot::kSession_GetEpGraphAssignmentInfo](Load("linear.onnx").get(),
                                                                    &parts, &count)),
            0)
      << "it was not recorded";
}

TEST_F(ApiSlotsCuda, EpAssignedSubgraph_GetEpName) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Assigned();
  const char* name = nullptr;
  Ok((*newer_)[slot::kEpAssignedSubgraph_GetEpName](Part(session), &name));
  EXPECT_STREQ(name, "CPUExecutionProvider");
}

TEST_F(ApiSlotsCuda, EpAssignedSubgraph_GetNodes) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  EXPECT_NE(Node(Assigned()), nullptr);
}

TEST_F(ApiSlotsCuda, EpAssignedNode_GetName) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Assigned();
  const char* name = nullptr;
  Ok((*newer_)[slot::kEpAssignedNode_GetName](Node(session), &name));
  EXPECT_NE(name, nullptr);
}

TEST_F(ApiSlotsCuda, EpAssignedNode_GetOperatorType) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Assigned();
  const char* type = nullptr;
  Ok((*newer_)[slot::kEpAssignedNode_GetOperatorType](Node(session), &type));
  EXPECT_STREQ(type, "Gemm") << "a product and a sum, fused";
}

// There is no graph to let go, which is no error: the session is as it was.
TEST_F(ApiSlotsCuda, SessionReleaseCapturedGraph) {
  if (!newer_) GTEST_SKIP() << library_.version() << " has not this slot";
  const OwnedSession session = Load("linear.onnx");
  Ok((*newer_)[slot::kSessionReleaseCapturedGraph](session.get(), 1));
  std::array<float, 2> y{};
  Ok(RunLinear(session.get(), nullptr, y));
  EXPECT_EQ(y[0], 22.5f);
}

}  // namespace
}  // namespace quorate::ort
