#pragma once

// Models of real sessions on simulated devices, loaded as the addon loads them for CUDA.

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/base/shapes.h"
#include "native/device/buffer.h"
#include "native/device/device_model.h"
#include "native/ort/model_plan.h"
#include "native/ort/ort_loader.h"
#include "test/native/ort/library_under_test.h"
#include "test/native/sim/simulated_machine.h"

namespace quorate::ort {

// "" for OK.
inline std::string Said(const Status& status) { return status.message(); }

inline sim::SimulatedOptions TwoDevices() {
  sim::SimulatedOptions options;
  options.devices = 2;
  return options;
}

// Models go before it.
struct TestDevices {
  explicit TestDevices(const sim::SimulatedOptions& options = TwoDevices()) : machine(options) {
    (void)Library();  // Or the process ends with the reason.
    const DeviceOpener open = [this, devices = options.devices](const ApiLibrary&,
                                                                const CudaSearch&,
                                                                int index) -> StatusOr<Device*> {
      if (index < devices) return machine.device(index);
      return Status(StatusCode::kDevice, "there is no simulated device " + std::to_string(index));
    };
    loader = OrtModelLoader::Create({LibraryPath()}, {}, open).value();
  }
  ~TestDevices() { EXPECT_EQ(machine.violations(), std::vector<std::string>()); }

  StatusOr<LoadedModel> TryLoad(const std::string& path, ModelOptions options) const {
    return loader->Load({path, nullptr}, options);
  }
  // On device 0 unless the options say otherwise.
  std::shared_ptr<DeviceModel> Load(const std::string& path, ModelOptions options = {}) const {
    if (options.place == OnCpu()) options.place = OnCuda(0);
    const StatusOr<LoadedModel> model = TryLoad(path, options);
    EXPECT_TRUE(model.ok()) << model.status().message();
    return std::get<std::shared_ptr<DeviceModel>>(model.value());
  }

  sim::SimulatedMachine machine;
  std::unique_ptr<OrtModelLoader> loader;
};

// Float rows of a model with float inputs of these row shapes, in memory of a device. Everything is
// done on the lane's thread, as a pipeline does it.
class BoundRows {
 public:
  BoundRows(DeviceModel& model, size_t rows, std::vector<Dims> row_shapes, size_t output_numbers)
      : model_(model),
        device_(model.lane()->device()),
        done_(device_->NewEvent("rows done").value()) {
    tensors.rows = rows;
    for (Dims& shape : row_shapes) {
      const size_t bytes = rows * Elements(shape) * sizeof(float);
      inputs_.push_back(Buffer(MemoryKind::kDevice, bytes, "input"));
      staging_.push_back(Buffer(MemoryKind::kPinned, bytes, "staging"));
      tensors.inputs.push_back({inputs_.back().data(), std::move(shape)});
    }
    tensors.output_bytes = rows * output_numbers * sizeof(float);
    output_ = Buffer(MemoryKind::kDevice, tensors.output_bytes, "output");
    answer_ = Buffer(MemoryKind::kPinned, tensors.output_bytes, "answer");
    tensors.output = output_.data();
  }
  // The lane's thread has awaited the stream, so it frees the memory.
  ~BoundRows() {
    const Status status = OnLane([this] {
      Status last = model_.lane()->stream()->Record(done_.get());
      if (last.ok()) last = device_->Await(*done_);
      binding_ = nullptr;
      inputs_.clear();
      staging_.clear();
      output_ = DeviceBuffer();
      answer_ = DeviceBuffer();
      return last;
    });
    EXPECT_TRUE(may_fail || status.ok()) << status.message();
  }

  Status Bind() {
    return OnLane([this]() -> Status {
      QUORATE_ASSIGN_OR_RETURN(binding_, model_.Bind(tensors));
      return {};
    });
  }

  // Enqueues upload, run and download.
  Status Run(const std::vector<std::vector<float>>& inputs, bool synchronise = false) {
    return OnLane([&]() -> Status {
      DeviceStream* const stream = model_.lane()->stream();
      for (size_t i = 0; i < inputs.size(); ++i) {
        const MemoryRange staged = staging_[i].Range();
        QUORATE_RETURN_IF_ERROR(device_->OnHost({"fill", {}, {&staged, 1}, [&](void*) {
                                                   std::memcpy(staging_[i].data(), inputs[i].data(),
                                                               staging_[i].bytes());
                                                   return Status();
                                                 }}));
        QUORATE_RETURN_IF_ERROR(
            stream->Copy("upload", inputs_[i].data(), staging_[i].data(), staging_[i].bytes()));
      }
      QUORATE_RETURN_IF_ERROR(binding_->Run(synchronise));
      return stream->Copy("download", answer_.data(), output_.data(), answer_.bytes());
    });
  }

  // Waits for it.
  std::vector<float> Answer() {
    std::vector<float> numbers(answer_.bytes() / sizeof(float));
    const Status status = OnLane([&]() -> Status {
      QUORATE_RETURN_IF_ERROR(model_.lane()->stream()->Record(done_.get()));
      QUORATE_RETURN_IF_ERROR(device_->Await(*done_));
      const MemoryRange answer = answer_.Range();
      return device_->OnHost({"read", {&answer, 1}, {}, [&](void*) {
                                std::memcpy(numbers.data(), answer_.data(), answer_.bytes());
                                return Status();
                              }});
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return numbers;
  }

  // A run that waits.
  Status WarmUp() {
    return OnLane([this] { return WarmUpHere(); });
  }
  Status WarmUpHere() { return binding_->Run(true); }  // On the lane's thread.
  Status OnLane(const std::function<Status()>& work) { return model_.lane()->Call(work); }

  LaneTensors tensors;
  bool may_fail = false;

 private:
  DeviceBuffer Buffer(MemoryKind kind, size_t bytes, const std::string& name) const {
    return DeviceBuffer::Create(device_, kind, bytes, name).value();
  }

  DeviceModel& model_;
  Device* const device_;
  std::unique_ptr<DeviceEvent> done_;
  std::vector<DeviceBuffer> inputs_;
  std::vector<DeviceBuffer> staging_;
  DeviceBuffer output_;
  DeviceBuffer answer_;
  std::unique_ptr<LaneBinding> binding_;
};

}  // namespace quorate::ort
