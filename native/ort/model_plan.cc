#include "native/ort/model_plan.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "native/base/shapes.h"

namespace quorate::ort {
namespace {

std::optional<ElementType> NumberType(ONNXTensorElementDataType type) {
  switch (static_cast<int>(type)) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: return ElementType::kFloat32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16: return ElementType::kFloat16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16: return ElementType::kBFloat16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE: return ElementType::kFloat64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8: return ElementType::kInt8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8: return ElementType::kUint8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16: return ElementType::kInt16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16: return ElementType::kUint16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return ElementType::kInt32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32: return ElementType::kUint32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: return ElementType::kInt64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64: return ElementType::kUint64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL: return ElementType::kBool;
    default: return std::nullopt;
  }
}

std::string Names(const std::vector<PortInfo>& ports) {
  std::string text;
  for (const PortInfo& port : ports) text += (text.empty() ? "" : ", ") + port.name;
  return text;
}

Dims AfterFirst(const Dims& dims) { return Dims(dims.begin() + 1, dims.end()); }

class Planner {
 public:
  Planner(const Session& session, const OnnxFile& file, const ModelOptions& options)
      : session_(session), options_(options), name_(file.name) {
    plan_.info.name = file.name;
    plan_.info.identity = file.identity;
    plan_.info.mixes_rows = file.mixes_rows;
    plan_.info.sha256 = [file] { return Sha256Of(file); };
  }

  StatusOr<ModelPlan> Make() {
    if (session_.inputs().empty()) return Mismatch("has no input");
    QUORATE_RETURN_IF_ERROR(CheckInputNames());
    for (const PortInfo& port : session_.inputs()) QUORATE_RETURN_IF_ERROR(AddInput(port));
    if (plan_.info.inputs.empty()) return Mismatch("has constants only: no input has rows");
    QUORATE_ASSIGN_OR_RETURN(const PortInfo* output, ChooseOutput());
    QUORATE_RETURN_IF_ERROR(SetOutput(*output));
    return std::move(plan_);
  }

 private:
  Status Mismatch(const std::string& what) const {
    return {StatusCode::kModelMismatch, name_ + " " + what};
  }

  StatusOr<ElementType> Number(const PortInfo& port, std::string_view role) const {
    if (port.kind != ONNX_TYPE_TENSOR) {
      return Mismatch(std::string(role) + " '" + port.name +
                      "' is not a tensor; export the model with tensors only (skl2onnx: "
                      "options={'zipmap': False})");
    }
    if (const std::optional<ElementType> type = NumberType(port.type)) return *type;
    const std::string what = std::string(role) + " '" + port.name + "' ";
    if (port.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
      return Mismatch(what + "is a tensor of strings, which is not supported; " +
                      (role == "input"
                           ? "encode them as numbers before the model"
                           : "train the classifier on class numbers and name them with `classes`, "
                             "or read its scores with outputName"));
    }
    return Mismatch(what + "has an element type that is not supported (ONNX type " +
                    std::to_string(port.type) + "): numbers and booleans are");
  }

  Status AddInput(const PortInfo& port) {
    QUORATE_ASSIGN_OR_RETURN(const ElementType type, Number(port, "input"));
    const std::string tensor = TensorOf(port);
    if (const ConstantInput* const given = ConstantFor(port, tensor); given != nullptr) {
      return AddConstant(*given, port, tensor, type);
    }
    if (port.dims.empty()) {
      return Mismatch("has no batch dimension: input '" + port.name + "' is " + ElementName(type) +
                      " without dimensions, so it has no rows; give it with `constants`, as " +
                      "constants: { \"" + port.name +
                      "\": 1 }, or export the model with a batch as its first dimension");
    }
    const int64_t batch = port.dims[0];
    size_t& fixed = plan_.info.fixed_batch;
    if (batch == 0 || (batch > 0 && fixed > 0 && fixed != static_cast<size_t>(batch))) {
      return Mismatch("has no batch dimension: the first dimensions of its inputs are " +
                      std::to_string(fixed) + " and " + std::to_string(batch));
    }
    if (batch > 0) fixed = static_cast<size_t>(batch);
    plan_.info.inputs.push_back({tensor, type, AfterFirst(port.dims)});
    plan_.input_ports.push_back(port.name);
    plan_.input_types.push_back(port.type);
    return {};
  }

  std::string TensorOf(const PortInfo& port) const {
    std::string tensor = port.name;
    for (const auto& [input, renamed] : options_.input_names) {
      if (input == port.name) tensor = renamed;
    }
    return tensor;
  }

  const ConstantInput* ConstantFor(const PortInfo& port, const std::string& tensor) const {
    for (const ConstantInput& constant : options_.constants) {
      if (constant.name == port.name) return &constant;
    }
    for (const ConstantInput& constant : options_.tensor_constants) {
      if (constant.name == tensor) return &constant;
    }
    return nullptr;
  }

  Status AddConstant(const ConstantInput& given, const PortInfo& port, const std::string& tensor,
                     ElementType type) {
    StatusOr<BoundConstant> fitted = FitConstant(given, port, type);
    if (!fitted.ok()) {
      return {fitted.status().code(),
              name_ + ": input '" + port.name + "' " + fitted.status().message()};
    }
    plan_.info.constants.emplace_back(tensor, fitted.value().data);
    plan_.constants.push_back(std::move(fitted).value());
    return {};
  }

  Status CheckInputNames() const {
    for (const auto& [input, renamed] : options_.input_names) {
      QUORATE_RETURN_IF_ERROR(CheckInputName(input));
    }
    for (const ConstantInput& constant : options_.constants) {
      QUORATE_RETURN_IF_ERROR(CheckInputName(constant.name));
    }
    return {};
  }

  Status CheckInputName(const std::string& name) const {
    for (const PortInfo& port : session_.inputs()) {
      if (port.name == name) return {};
    }
    return Mismatch("has no input '" + name + "'; it has " + Names(session_.inputs()));
  }

  StatusOr<const PortInfo*> ChooseOutput() const {
    const std::vector<PortInfo>& outputs = session_.outputs();
    if (options_.output_name.empty()) {
      if (outputs.size() == 1) return &outputs[0];
      return Mismatch("has " + std::to_string(outputs.size()) + " outputs (" + Names(outputs) +
                      "): name the one to use with outputName");
    }
    for (const PortInfo& port : outputs) {
      if (port.name == options_.output_name) return &port;
    }
    return Mismatch("has no output '" + options_.output_name + "'; it has " + Names(outputs));
  }

  Status SetOutput(const PortInfo& port) {
    StatusOr<ElementType> type = Number(port, "output");
    if (!type.ok()) {
      // Without an answer to read, the model does not load for us, whatever else fits.
      const StatusCode code =
          port.kind == ONNX_TYPE_TENSOR ? StatusCode::kModelMismatch : StatusCode::kModelLoad;
      return {code, type.status().message()};
    }
    plan_.output_port = port.name;
    plan_.output_type = port.type;
    plan_.output_element_size = ElementSize(type.value());
    plan_.info.output.name = port.name;
    plan_.info.output.type = type.value();
    plan_.info.output.row_shape = {-1};
    plan_.info.declared_output = port.dims;
    if (port.dims.empty()) return {};  // A scalar or an unknown rank: a run will tell.
    SetDeclaredRow(port.dims[0], AfterFirst(port.dims));
    return {};
  }

  void SetDeclaredRow(int64_t batch, Dims row) {
    const size_t fixed = plan_.info.fixed_batch;
    plan_.assumed_row = Assumed(row);
    // Converters write what they like, and ONNX Runtime only warns: a run will tell.
    if (batch >= 0 && (fixed == 0 || static_cast<size_t>(batch) != fixed)) return;
    plan_.SetOutputRow(std::move(row));
    plan_.check_output = options_.check_output;
  }

  std::optional<Dims> Assumed(Dims row) const {
    const auto open = std::count_if(row.begin(), row.end(), [](int64_t size) { return size < 0; });
    if (open > 1 || (open == 1 && options_.classes == 0)) return std::nullopt;
    std::replace_if(
        row.begin(), row.end(), [](int64_t size) { return size < 0; },
        static_cast<int64_t>(options_.classes));
    return row;
  }

  const Session& session_;
  const ModelOptions& options_;
  const std::string& name_;
  ModelPlan plan_;
};

}  // namespace

bool ModelPlan::OpenInputs() const {
  return std::any_of(info.inputs.begin(), info.inputs.end(),
                     [](const TensorSpec& input) { return HasOpenDimension(input.row_shape); });
}

bool ModelPlan::OpenOutput() const { return !output_row || HasOpenDimension(*output_row); }

RowShapes ModelPlan::InputRows() const {
  RowShapes rows;
  for (const TensorSpec& input : info.inputs) rows.push_back(input.row_shape);
  return rows;
}

void ModelPlan::SetOutputRow(Dims row) {
  info.output.row_shape = PublicRowShape(row, info.output.type);
  bind_output = CanBindOutput(row);
  output_row = std::move(row);
  check_output = false;
}

bool ModelPlan::CanBindOutput(const Dims& row) const {
  if (info.declared_output.empty()) return true;
  const Dims dims = WithBatch(info.fixed_batch, row);  // An open batch is 0 here: no declared size.
  return std::equal(
      dims.begin(), dims.end(), info.declared_output.begin(), info.declared_output.end(),
      [](int64_t size, int64_t declared) { return size < 0 || declared < 0 || size == declared; });
}

StatusOr<ModelPlan> MakeModelPlan(const Session& session, const OnnxFile& file,
                                  const ModelOptions& options) {
  return Planner(session, file, options).Make();
}

Dims PublicRowShape(const Dims& output_row, ElementType type) {
  Dims shape;
  std::copy_if(output_row.begin(), output_row.end(), std::back_inserter(shape),
               [](int64_t size) { return size != 1; });
  if (shape.empty() && IsScore(type)) shape = {1};
  return shape;
}

Status CheckRowShapes(const ModelInfo& info, const RowShapes& row_shapes) {
  if (row_shapes.size() != info.inputs.size()) {
    return {StatusCode::kInvalidArgument, info.name + " has " + std::to_string(info.inputs.size()) +
                                              " inputs, but " + std::to_string(row_shapes.size()) +
                                              " row shapes were given"};
  }
  for (size_t i = 0; i < row_shapes.size(); ++i) {
    const Dims& want = info.inputs[i].row_shape;
    const Dims& got = row_shapes[i];
    bool fits = want.size() == got.size() && !HasOpenDimension(got);
    for (size_t d = 0; fits && d < want.size(); ++d) fits = want[d] < 0 || want[d] == got[d];
    if (!fits) {
      return {StatusCode::kInvalidArgument, info.name + " takes rows of shape " + ShapeText(want) +
                                                " as '" + info.inputs[i].name + "', got " +
                                                ShapeText(got)};
    }
  }
  return {};
}

Status StoppedStatus(const ModelInfo& info) {
  return {StatusCode::kAborted, info.name + " was stopped before it had answered"};
}

Dims WithBatch(size_t rows, const Dims& row_shape) {
  Dims dims;
  dims.reserve(row_shape.size() + 1);
  dims.push_back(static_cast<int64_t>(rows));
  dims.insert(dims.end(), row_shape.begin(), row_shape.end());
  return dims;
}

}  // namespace quorate::ort
