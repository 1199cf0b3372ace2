#include "native/ort/probe/made_up_run.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/shapes.h"
#include "native/ort/plain_run.h"

namespace quorate::ort {
namespace {

// The bits of 1 in the type's ElementSize() lowest bytes.
uint64_t OneBits(ElementType type) {
  switch (type) {
    case ElementType::kFloat16: return 0x3c00;
    case ElementType::kBFloat16: return 0x3f80;
    case ElementType::kFloat32: return 0x3f800000;
    case ElementType::kFloat64: return 0x3ff0000000000000;
    default: return 1;
  }
}

void Fill(MadeUp content, ElementType type, uint8_t* data, size_t bytes) {
  std::memset(data, 0, bytes);
  if (content == MadeUp::kZeros) return;
  const uint64_t one = OneBits(type);
  const size_t size = ElementSize(type);
  for (size_t at = 0; at < bytes; at += size) std::memcpy(data + at, &one, size);  // Little-endian.
}

}  // namespace

StatusOr<Dims> RunMadeUp(const Session& session, const ModelPlan& plan,
                         const OrtRunOptions* options, const RowShapes& row_shapes, size_t rows,
                         MadeUp content) {
  std::vector<AlignedBuffer> buffers(row_shapes.size());
  std::vector<TensorView> inputs;
  for (size_t i = 0; i < row_shapes.size(); ++i) {
    const ElementType type = plan.info.inputs[i].type;
    const size_t bytes = Elements(WithBatch(rows, row_shapes[i])) * ElementSize(type);
    uint8_t* data = buffers[i].Reserve(std::max<size_t>(bytes, 1));
    if (data == nullptr) {
      return Status(StatusCode::kMemory, "no memory for " + std::to_string(bytes) + " bytes");
    }
    Fill(content, type, data, bytes);
    inputs.push_back({data, row_shapes[i]});
  }
  QUORATE_ASSIGN_OR_RETURN(const OwnedValue output,
                           RunPlainly(session, plan, options, inputs.data(), rows));
  return TensorDims(session.library(), output.get());
}

}  // namespace quorate::ort
