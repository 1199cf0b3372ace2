#include "native/ort/probe/flops.h"

#include <algorithm>
#include <array>

#include "native/base/shapes.h"
#include "native/ort/probe/json.h"

namespace quorate::ort {
namespace {

constexpr std::array<std::string_view, 79> kElementWise = {
    // Arithmetic.
    "Add", "Sub", "Mul", "Div", "Mod", "Pow", "Max", "Min", "Sum", "Mean", "Abs", "Neg", "Sign",
    "Reciprocal", "Sqrt", "Exp", "Log", "Erf", "Floor", "Ceil", "Round", "Sin", "Cos", "Tan",
    "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "PRelu", "Clip", "BitShift",
    // Comparison and logic.
    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "Where",
    "IsNaN", "IsInf", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot",
    // Activations.
    "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh",
    "Softplus", "Softsign", "ThresholdedRelu", "Gelu", "FastGelu", "QuickGelu", "BiasGelu", "Mish",
    "Swish", "Softmax", "LogSoftmax", "Hardmax",
    // Normalisations.
    "BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization",
    "SimplifiedLayerNormalization", "RMSNormalization", "MeanVarianceNormalization"};

uint64_t At(const Dims& dims, size_t index) {
  return index < dims.size() && dims[index] > 0 ? static_cast<uint64_t>(dims[index]) : 0;
}

// Reads positions that may be missing as empty tensors.
class Shapes {
 public:
  explicit Shapes(const std::vector<Dims>& list) : list_(list) {}
  const Dims& operator[](size_t i) const { return i < list_.size() ? list_[i] : kNone; }
  uint64_t Size(size_t i) const { return i < list_.size() ? Elements(list_[i]) : 0; }
  bool Has(size_t i) const { return i < list_.size(); }

 private:
  inline static const Dims kNone = {0};
  const std::vector<Dims>& list_;
};

uint64_t MatMul(const Dims& a, uint64_t out) {
  return a.empty() ? 0 : 2 * out * At(a, a.size() - 1);
}

// Per output element (or input element, when transposed): one multiply-add per weight of a filter.
uint64_t Conv(uint64_t elements, const Dims& w) {
  return At(w, 0) == 0 ? 0 : 2 * elements * (Elements(w) / At(w, 0));
}

}  // namespace

uint64_t NodeFlops(std::string_view op, const std::vector<Dims>& inputs,
                   const std::vector<Dims>& outputs) {
  const Shapes in(inputs);
  const Shapes out(outputs);
  const uint64_t y = out.Size(0);
  if (op == "Gemm") {
    const uint64_t rows = At(out[0], 0);
    return (rows == 0 ? 0 : 2 * y * (in.Size(0) / rows)) + (in.Has(2) ? y : 0);
  }
  if (op == "MatMul" || op == "MatMulInteger") return MatMul(in[0], y);
  if (op == "QLinearMatMul") return MatMul(in[0], y);
  if (op == "Conv") return Conv(y, in[1]) + (in.Has(2) ? y : 0);
  if (op == "ConvInteger") return Conv(y, in[1]);
  if (op == "QLinearConv") return Conv(y, in[3]) + (in.Has(8) ? y : 0);
  if (op == "ConvTranspose") return Conv(in.Size(0), in[1]) + (in.Has(2) ? y : 0);
  if (op == "LSTM" || op == "GRU" || op == "RNN") {
    const uint64_t cells = At(in[0], 0) * At(in[0], 1);  // steps and batch, in either layout
    // The bias is [directions, ...]; without one, the next inputs have another rank.
    const uint64_t bias = in.Has(3) && in[3].size() == 2 ? in.Size(3) : 0;
    return cells * (2 * (in.Size(1) + in.Size(2)) + bias);
  }
  if (op == "LinearRegressor") return 2 * in.Size(0) * std::max<uint64_t>(At(out[0], 1), 1);
  if (op == "LinearClassifier") return 2 * in.Size(0) * std::max<uint64_t>(At(out[1], 1), 1);
  const bool counts = std::find(kElementWise.begin(), kElementWise.end(), op) != kElementWise.end();
  return counts ? y : 0;
}

namespace {

// [{"float": [1, 64]}, ...]
std::vector<Dims> ReadShapes(const Json* list) {
  std::vector<Dims> shapes;
  if (list == nullptr) return shapes;
  for (const Json& tensor : list->items) {
    Dims& dims = shapes.emplace_back();
    if (tensor.items.empty()) continue;
    for (const Json& d : tensor.items.front().items) {
      dims.push_back(static_cast<int64_t>(d.number));
    }
  }
  return shapes;
}

}  // namespace

StatusOr<uint64_t> ProfileFlops(std::string_view profile) {
  const std::optional<Json> events = ParseJson(profile);
  if (!events || events->kind != Json::Kind::kArray) {
    return Status(StatusCode::kInternal, "ONNX Runtime's profile is not the JSON it should be");
  }
  uint64_t total = 0;
  size_t nodes = 0;
  for (const Json& event : events->items) {
    const Json* name = event.Find("name");
    const Json* args = event.Find("args");
    if (name == nullptr || args == nullptr || !name->text.ends_with("_kernel_time")) continue;
    const Json* op = args->Find("op_name");
    if (op == nullptr) continue;
    ++nodes;
    total += NodeFlops(op->text, ReadShapes(args->Find("input_type_shape")),
                       ReadShapes(args->Find("output_type_shape")));
  }
  if (nodes == 0) return Status(StatusCode::kInternal, "ONNX Runtime's profile names no node");
  return total;
}

}  // namespace quorate::ort
