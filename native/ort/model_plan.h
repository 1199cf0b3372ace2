#pragma once

// What a session's inputs and outputs mean for one user of it: which are rows, which is the answer.

#include <optional>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/device/model_loader.h"
#include "native/ort/constants.h"
#include "native/ort/session.h"

namespace quorate::ort {

using Dims = std::vector<int64_t>;

struct ModelPlan {
  ModelInfo info;                        // Inputs in the session's order.
  std::vector<std::string> input_ports;  // The session's names; info has the request tensors'.
  std::vector<ONNXTensorElementDataType> input_types;
  std::vector<BoundConstant> constants;  // Inputs that are not in info.inputs.
  std::string output_port;
  ONNXTensorElementDataType output_type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  // The output's dimensions after the first, as the tensor has them, -1 where open; nothing when
  // not even their number is declared, or the declaration contradicts the inputs' batch.
  std::optional<Dims> output_row;
  bool check_output = false;  // ModelOptions::check_output, until a run has shown it.
  bool bind_output = true;    // CanBindOutput(*output_row).
  // output_row for when no run succeeds: as declared, with ModelOptions::classes for an open
  // dimension. Nothing: it cannot be known.
  std::optional<Dims> assumed_row;
  size_t output_element_size = 0;

  bool OpenInputs() const;  // Some input's row shape has an open dimension.
  bool OpenOutput() const;  // output_row says nothing or has an open dimension.
  bool NeedsRun() const { return OpenOutput() || check_output; }  // Or the output is not known.
  RowShapes InputRows() const;
  void SetOutputRow(Dims row);  // What a run has shown.
  // ONNX Runtime refuses memory of ours for an output of dimensions that differ from the declared.
  bool CanBindOutput(const Dims& row) const;
};

// kModelMismatch: no batch dimension, an unknown input or output name, an output to choose, an
// element type or value type that is no number, first dimensions that disagree.
StatusOr<ModelPlan> MakeModelPlan(const Session& session, const OnnxFile& file,
                                  const ModelOptions& options);

// The row shape the engine sees, without dimensions of 1: one number per row is {1} as a score and
// {} as a label.
Dims PublicRowShape(const Dims& output_row, ElementType type);

// OK if `row_shapes` are concrete and agree with the info; else kInvalidArgument.
Status CheckRowShapes(const ModelInfo& info, const RowShapes& row_shapes);

Dims WithBatch(size_t rows, const Dims& row_shape);  // {rows, row_shape...}

Status StoppedStatus(const ModelInfo& info);  // kAborted.

}  // namespace quorate::ort
