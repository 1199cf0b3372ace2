// What ONNX Runtime is told of models on CUDA, and what becomes of its answers: against a fake that
// writes down the one and makes up the other.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "test/native/ort/device_under_test.h"
#include "test/native/ort/fake_cuda/runtime.h"
#include "test/native/ort/host_device.h"

namespace quorate::ort {
namespace {

class CudaModel : public testing::Test {
 protected:
  void SetUp() override {
    if (!Opened().ok()) GTEST_SKIP() << "the fake needs ONNX Runtime 1.27 or later";
    fake().Forget();
  }

  static FakeCudaRuntime& fake() {
    static FakeCudaRuntime& runtime = *[] {
      void* const library = dlopen(FAKE_CUDA_RUNTIME, RTLD_NOW);
      return reinterpret_cast<decltype(&GetFakeCudaRuntime)>(
          dlsym(library, "GetFakeCudaRuntime"))();
    }();
    return runtime;
  }

  static const StatusOr<std::unique_ptr<OrtModelLoader>>& Opened() {
    static const auto& process = *[] {
      // No driver is asked, and no provider looked for.
      const DeviceOpener open = [](const ApiLibrary&, const CudaSearch&,
                                   int index) -> StatusOr<Device*> {
        static auto& devices = *new std::vector<HostDevice*>{new HostDevice(0), new HostDevice(1)};
        return static_cast<Device*>(devices.at(static_cast<size_t>(index)));
      };
      return new StatusOr(OrtModelLoader::Create({FAKE_CUDA_RUNTIME}, {}, open));
    }();
    return process;
  }

  static StatusOr<LoadedModel> TryLoad(const std::string& fixture, const std::string& device,
                                       const CudaOptions& cuda = {}) {
    ModelOptions options;
    options.place = ParsePlace(device).value();
    options.cuda = cuda;
    return Opened().value()->Load({Fixture(fixture), nullptr}, options);
  }
  static std::shared_ptr<DeviceModel> LoadOn(const std::string& fixture, const std::string& device,
                                             const CudaOptions& cuda = {}) {
    const auto model = TryLoad(fixture, device, cuda);
    EXPECT_TRUE(model.ok()) << model.status().message();
    return std::get<std::shared_ptr<DeviceModel>>(model.value());
  }

  static FakeSettings SettingsOf(const CudaOptions& options) {
    fake().Forget();
    const auto model = LoadOn("linear.onnx", "cuda:1", options);
    return fake().sessions.at(0).settings;
  }
};

const FakeSettings kDefaults = {{"device_id", "1"},
                                {"cudnn_conv_algo_search", "HEURISTIC"},
                                {"arena_extend_strategy", "kSameAsRequested"},
                                {"do_copy_in_default_stream", "1"},
                                {"use_tf32", "0"}};

TEST_F(CudaModel, GivesTheProviderItsOptionsAndTheLanesStream) {
  const auto model = LoadOn("linear.onnx", "cuda:1");
  ASSERT_EQ(fake().sessions.size(), 1u);
  EXPECT_EQ(fake().sessions[0].settings, kDefaults);
  EXPECT_EQ(fake().sessions[0].stream, model->lane()->stream()->handle());
}

TEST_F(CudaModel, HandsOnWhatATierAsksFor) {
  FakeSettings expected = kDefaults;
  CudaOptions options;
  options.memory_limit_bytes = 1 << 30;
  options.graphs = true;
  options.conv_search = ConvSearch::kExhaustive;
  expected["gpu_mem_limit"] = "1073741824";
  expected["enable_cuda_graph"] = "1";
  expected["cudnn_conv_algo_search"] = "EXHAUSTIVE";
  EXPECT_EQ(SettingsOf(options), expected);

  expected = kDefaults;
  options = {};
  options.tf32 = true;
  options.conv_search = ConvSearch::kDefault;
  expected.erase("use_tf32");  // The provider's own default.
  expected["cudnn_conv_algo_search"] = "DEFAULT";
  EXPECT_EQ(SettingsOf(options), expected);
}

TEST_F(CudaModel, WaitsForTheDeviceOnlyWhenAsked) {
  const auto model = LoadOn("linear.onnx", "cuda");
  BoundRows bound(*model, 1, {{3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  ASSERT_EQ(Said(bound.Run({{1, 2, 3}}, true)), "");
  ASSERT_EQ(Said(bound.Run({{1, 2, 3}}, false)), "");
  EXPECT_EQ(bound.Answer(), (std::vector<float>{22.5f, 27.5f}));
  ASSERT_EQ(fake().runs.size(), 2u);
  EXPECT_EQ(fake().runs[0].settings, FakeSettings());
  EXPECT_EQ(fake().runs[1].settings,
            (FakeSettings{{"disable_synchronize_execution_providers", "1"}}));
}

TEST_F(CudaModel, BindsMemoryOfItsDevice) {
  const auto model = LoadOn("two-inputs.onnx", "cuda:1");
  BoundRows bound(*model, 1, {{2}, {3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  EXPECT_EQ(fake().value_devices, (std::vector<int>{1, 1, 1}));
}

TEST_F(CudaModel, UsesASessionOnOneThread) {
  auto model = LoadOn("unknown-rank.onnx", "cuda");  // Runs a row to find its output's shape.
  std::thread::id lane;
  {
    BoundRows bound(*model, 1, {{3}}, 2);
    ASSERT_EQ(Said(bound.Bind()), "");
    ASSERT_EQ(Said(bound.Run({{1, 2, 3}})), "");
    ASSERT_EQ(Said(bound.OnLane([&] {
                lane = std::this_thread::get_id();
                return Status();
              })),
              "");
  }
  model = nullptr;
  EXPECT_NE(lane, std::this_thread::get_id());
  EXPECT_EQ(fake().sessions.at(0).thread, lane);
  EXPECT_EQ(fake().sessions.at(0).released, lane);
  EXPECT_EQ(fake().runs.at(0).thread, lane);
  EXPECT_EQ(fake().plain_runs.at(0).thread, lane);
}

TEST_F(CudaModel, CapturesAGraphPerBinding) {
  CudaOptions options;
  options.graphs = true;
  const auto model = LoadOn("unknown-rank.onnx", "cuda", options);
  const auto other = LoadOn("unknown-rank.onnx", "cuda", options);  // Of the same session.
  ASSERT_EQ(fake().sessions.size(), 1u);
  EXPECT_EQ(fake().plain_runs.at(0).settings, (FakeSettings{{"gpu_graph_id", "-1"}}))
      << "runs without a binding are not captured";
  std::set<std::string> ids;
  {
    BoundRows one(*model, 1, {{3}}, 2);
    BoundRows two(*model, 4, {{3}}, 2);
    BoundRows three(*other, 1, {{3}}, 2);
    for (BoundRows* bound : {&one, &two, &three}) {
      ASSERT_EQ(Said(bound->Bind()), "");
      for (const bool synchronise : {true, false}) {
        const std::vector<float> x(3 * bound->tensors.rows);
        ASSERT_EQ(Said(bound->Run({x}, synchronise)), "");
        ids.insert(fake().runs.back().settings.at("gpu_graph_id"));
      }
    }
    BoundRows never_run(*model, 1, {{3}}, 2);
    ASSERT_EQ(Said(never_run.Bind()), "");
    EXPECT_EQ(fake().released_graphs, std::vector<int>());
  }
  EXPECT_EQ(ids, (std::set<std::string>{"1", "2", "3"}));
  EXPECT_EQ(fake().released_graphs, (std::vector<int>{3, 2, 1}));
}

TEST_F(CudaModel, HasNoGraphsUnlessAsked) {
  const auto model = LoadOn("linear.onnx", "cuda");
  {
    BoundRows bound(*model, 1, {{3}}, 2);
    ASSERT_EQ(Said(bound.Bind()), "");
    ASSERT_EQ(Said(bound.Run({{1, 2, 3}})), "");
  }
  EXPECT_EQ(fake().runs.at(0).settings.count("gpu_graph_id"), 0u);
  EXPECT_EQ(fake().released_graphs, std::vector<int>());
}

TEST_F(CudaModel, WithConvolutionsHasASessionPerNumberOfRows) {
  const auto model = LoadOn("conv.onnx", "cuda");
  EXPECT_EQ(model->max_buckets(), 2u);
  const auto bind = [&](size_t rows) {
    auto bound = std::make_unique<BoundRows>(*model, rows, std::vector<Dims>{{1, 4, 4}}, 16);
    EXPECT_EQ(Said(bound->Bind()), "");
    return bound;
  };
  auto small = bind(1);
  EXPECT_EQ(fake().sessions.size(), 1u) << "the first number has the session that was loaded";
  auto large = bind(8);
  EXPECT_EQ(fake().sessions.size(), 2u);
  auto second_slot = bind(8);
  EXPECT_EQ(fake().sessions.size(), 2u);
  large = nullptr;
  second_slot = nullptr;
  EXPECT_NE(fake().sessions[1].released, std::thread::id()) << "nobody needs it any more";
  small = nullptr;
  large = bind(8);
  EXPECT_EQ(fake().sessions.size(), 2u) << "the first session is free for another number";
  small = bind(1);
  EXPECT_EQ(fake().sessions.size(), 3u);
}

TEST_F(CudaModel, WithoutConvolutionsHasOneSession) {
  const auto model = LoadOn("mlp-64-16-10.onnx", "cuda");
  EXPECT_EQ(model->max_buckets(), 0u);
  BoundRows small(*model, 1, {{64}}, 10);
  BoundRows large(*model, 8, {{64}}, 10);
  EXPECT_EQ(Said(small.Bind()), "");
  EXPECT_EQ(Said(large.Bind()), "");
  EXPECT_EQ(fake().sessions.size(), 1u);
}

TEST_F(CudaModel, NamesNodesThatStayOnTheHost) {
  fake().host_operator = "ReduceMax";
  const auto model = LoadOn("dynamic-row.onnx", "cuda");
  const std::vector<std::string>& nodes = model->info().host_nodes;
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_NE(nodes[0].find("(ReduceMax)"), std::string::npos) << nodes[0];
  fake().host_operator = "";
  EXPECT_EQ(LoadOn("dynamic-row.onnx", "cuda")->info().host_nodes, std::vector<std::string>());
}

struct Failure {
  const char* said;
  StatusCode code;
  const char* sentence;
};

const Failure kOutOfMemory[] = {
    {"/onnxruntime/core/framework/bfc_arena.cc:376 void* "
     "onnxruntime::BFCArena::AllocateRawInternal("
     "size_t) Failed to allocate memory for requested buffer of size 4096",
     StatusCode::kDeviceMemory, "Failed to allocate memory for requested buffer of size 4096"},
    {"Available memory of 100 is smaller than requested bytes of 4096", StatusCode::kDeviceMemory,
     "smaller than requested bytes of 4096"},
    {"CUDA failure 2: out of memory ; GPU=0 ; hostname=x ; file=y.cc ; line=129 ; "
     "expr=cudaMalloc((void**)&p, size);",
     StatusCode::kDeviceMemory, ": CUDA failure 2: out of memory"},
    {"CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", StatusCode::kDeviceMemory,
     "CUBLAS_STATUS_ALLOC_FAILED"},
};
const Failure kBroken = {"CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; x",
                         StatusCode::kDevice,
                         ": CUDA failure 700: an illegal memory access was encountered"};

void ExpectStatus(const Status& status, StatusCode code, const std::string& sentence) {
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find(sentence), std::string::npos) << status.message();
  EXPECT_EQ(status.message().find("hostname"), std::string::npos) << status.message();
}

TEST_F(CudaModel, SaysWhyItCannotBeLoaded) {
  std::vector<Failure> failures(std::begin(kOutOfMemory), std::end(kOutOfMemory));
  failures.push_back(kBroken);
  failures.push_back(
      {"no kernel for this node", StatusCode::kModelLoad, "no kernel for this node"});
  for (const Failure& failure : failures) {
    fake().session_error = failure.said;
    const Status status = TryLoad("linear.onnx", "cuda").status();
    ExpectStatus(status, failure.code, failure.sentence);
    EXPECT_EQ(status.message().find(Fixture("linear.onnx") + " cannot be loaded: "), 0u);
    const auto model = TryLoad("linear.onnx", "auto");
    ASSERT_TRUE(model.ok()) << model.status().message();
    EXPECT_EQ(As<DeviceModel>(model.value()), nullptr);
    EXPECT_EQ(PlaceName(model.value()), "cpu");
    EXPECT_EQ(InfoOf(model.value()).device_reason, status.message());
  }
}

TEST_F(CudaModel, SaysWhichOptionTheProviderRefuses) {
  fake().options_error = "Unknown provider option: \"use_tf32\".";
  ExpectStatus(TryLoad("linear.onnx", "cuda").status(), StatusCode::kDevice, "use_tf32");
  EXPECT_EQ(PlaceName(TryLoad("linear.onnx", "auto").value()), "cpu");
}

TEST_F(CudaModel, SaysWhyARunFailed) {
  std::vector<Failure> failures(std::begin(kOutOfMemory), std::end(kOutOfMemory));
  failures.push_back(kBroken);
  failures.push_back({"Non-zero status code", StatusCode::kMember, "failed: "});
  const auto model = LoadOn("linear.onnx", "cuda");
  BoundRows bound(*model, 1, {{3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  for (const Failure& failure : failures) {
    fake().run_error = failure.said;
    ExpectStatus(bound.Run({{1, 2, 3}}), failure.code, failure.sentence);
  }
  fake().run_error = "";
  EXPECT_EQ(Said(bound.Run({{1, 2, 3}})), "") << "what failed once may work again";
  model->Terminate();
  EXPECT_EQ(bound.Run({{1, 2, 3}}).code(), StatusCode::kAborted);
}

}  // namespace
}  // namespace quorate::ort
