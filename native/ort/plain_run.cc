#include "native/ort/plain_run.h"

#include <utility>

#include "native/base/shapes.h"
#include "native/ort/memory_errors.h"

namespace quorate::ort {

StatusOr<OwnedValue> RunPlainly(const Session& session, const ModelPlan& plan,
                                const OrtRunOptions* options, const TensorView* inputs,
                                size_t rows) {
  const ApiLibrary& library = session.library();
  std::vector<OwnedValue> values;
  std::vector<const OrtValue*> raw;
  std::vector<const char*> names;
  for (size_t i = 0; i < plan.input_ports.size(); ++i) {
    const Dims dims = WithBatch(rows, inputs[i].row_shape);
    const size_t bytes = Elements(dims) * ElementSize(plan.info.inputs[i].type);
    QUORATE_ASSIGN_OR_RETURN(OwnedValue value,
                             TensorOver(library, library.cpu_memory(), inputs[i].data, bytes, dims,
                                        plan.input_types[i]));
    values.push_back(std::move(value));
    raw.push_back(values.back().get());
    names.push_back(plan.input_ports[i].c_str());
  }
  for (const BoundConstant& constant : plan.constants) {
    QUORATE_ASSIGN_OR_RETURN(OwnedValue value, ConstantTensor(library, constant));
    values.push_back(std::move(value));
    raw.push_back(values.back().get());
    names.push_back(constant.port.c_str());
  }
  const char* const output_name = plan.output_port.c_str();
  OwnedValue output(&library);
  QUORATE_RETURN_IF_ERROR(ToldByMessage(
      session.ToStatus(library.api()[slot::kRun](session.get(), options, names.data(), raw.data(),
                                                 raw.size(), &output_name, 1, output.out()),
                       StatusCode::kMember, plan.info.name + " failed")));
  return output;
}

}  // namespace quorate::ort
