#include "native/device/loaded_model.h"

#include "native/model/place.h"

namespace quorate {

Model& AnyOf(const LoadedModel& model) {
  return std::visit([](const auto& kind) -> Model& { return *kind; }, model);
}

FileModel* FileOf(const LoadedModel& model) {
  if (HostModel* const host = As<HostModel>(model)) return host;
  return As<DeviceModel>(model);
}

std::string PlaceName(const LoadedModel& model) {
  if (As<FunctionModel>(model) != nullptr) return "function";
  const DeviceModel* const on_device = As<DeviceModel>(model);
  return PlaceName(on_device == nullptr ? OnCpu() : OnCuda(on_device->lane()->device()->index()));
}

StatusOr<uint64_t> FlopsPerRow(const LoadedModel& model, const RowShapes& row_shapes) {
  FileModel* const file = FileOf(model);
  if (file != nullptr) return file->FlopsPerRow(row_shapes);
  return Status(StatusCode::kInvalidArgument,
                InfoOf(model).name + " is a function, its cost is unknown");
}

}  // namespace quorate
