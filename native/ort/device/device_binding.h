#pragma once

// A session over device memory that stays the same: what a lane runs.

#include <memory>
#include <vector>

#include "native/device/lane.h"
#include "native/ort/device/device_sessions.h"
#include "native/ort/model_plan.h"
#include "native/ort/stop_switch.h"

namespace quorate::ort {

class DeviceBinding final : public LaneBinding {
 public:
  // Binds the plan's inputs and output. Sessions, plan and switch outlive the binding. REQUIRES:
  // the tensors fit the plan, and `output_row`, the output's dimensions after the first.
  static StatusOr<std::unique_ptr<LaneBinding>> Create(DeviceSessions* sessions,
                                                       const ModelPlan* plan, StopSwitch* stop,
                                                       const LaneTensors& tensors,
                                                       const Dims& output_row);
  ~DeviceBinding() override;

  // kAborted once the switch is thrown; kMember, kDevice and kDeviceMemory. On a simulated device,
  // what goes wrong in the model loses the device, as its errors come too late for this call.
  Status Run(bool synchronise) override;

 private:
  DeviceBinding(DeviceSessions* sessions, std::shared_ptr<Session> session, const ModelPlan* plan,
                StopSwitch* stop);
  Status MakeOptions();
  Status Bind(const LaneTensors& tensors, const Dims& output_row);
  Status BindTensor(const char* port, bool input, const void* data, const Dims& dims,
                    size_t element_size, ONNXTensorElementDataType type);
  // Within the launch: hands the model's work to the stream.
  Status Enqueue(void* stream, const OrtRunOptions* options) const;
  Status Stopped() const;

  DeviceSessions* const sessions_;
  const std::shared_ptr<Session> session_;  // First: what is bound goes before it.
  const ModelPlan* const plan_;
  StopSwitch* const stop_;
  OwnedBinding binding_;
  SwitchedOptions going_on_;  // Runs return when all is enqueued,
  SwitchedOptions waiting_;   // or when all is done.
  std::unique_ptr<DeviceEvent> done_;
  std::vector<MemoryRange> reads_;
  MemoryRange write_;
  int graph_id_ = 0;  // 0: no graphs.
  bool captured_ = false;
};

}  // namespace quorate::ort
