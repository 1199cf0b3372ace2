#pragma once

// The three kinds of models, one of which every member is.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "native/base/status.h"
#include "native/device/device_model.h"
#include "native/model/function_model.h"
#include "native/model/host_model.h"

namespace quorate {

// Not nullptr, but in a default-constructed one.
using LoadedModel = std::variant<std::shared_ptr<HostModel>, std::shared_ptr<DeviceModel>,
                                 std::shared_ptr<FunctionModel>>;

// The model if it is of this kind, else nullptr: As<DeviceModel>(model).
template <typename Kind>
Kind* As(const LoadedModel& model) {
  const auto* const found = std::get_if<std::shared_ptr<Kind>>(&model);
  return found == nullptr ? nullptr : found->get();
}

Model& AnyOf(const LoadedModel& model);

inline const ModelInfo& InfoOf(const LoadedModel& model) { return AnyOf(model).info(); }

// nullptr: a function.
FileModel* FileOf(const LoadedModel& model);

// Where it runs: "cpu", "cuda:N" or "function".
std::string PlaceName(const LoadedModel& model);

// FileModel::FlopsPerRow(); kInvalidArgument for a function.
StatusOr<uint64_t> FlopsPerRow(const LoadedModel& model, const RowShapes& row_shapes);

}  // namespace quorate
