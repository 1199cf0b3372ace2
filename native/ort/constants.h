#pragma once

// Inputs that are the same for every run, in the type and shape that a model declares.

#include <cstdint>
#include <vector>

#include "native/base/status.h"
#include "native/device/model_loader.h"
#include "native/ort/session.h"

namespace quorate::ort {

struct BoundConstant {
  std::string port;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> dims;
  std::vector<uint8_t> data;
};

// `type` is the port's. kModelMismatch, as the end of a sentence about the input: a number that the
// type does not hold, a shape or a number of elements that does not fit.
StatusOr<BoundConstant> FitConstant(const ConstantInput& given, const PortInfo& port,
                                    ElementType type);

// A tensor over the constant, which outlives it.
StatusOr<OwnedValue> ConstantTensor(const ApiLibrary& library, const BoundConstant& constant);

// Binds it for all runs of the binding; a session on a device copies it there at once, as nothing
// of it changes with the batch.
Status BindConstants(const Session& session, OrtIoBinding* binding,
                     const std::vector<BoundConstant>& constants);

}  // namespace quorate::ort
