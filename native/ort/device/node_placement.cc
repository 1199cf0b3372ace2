#include "native/ort/device/node_placement.h"

#include <optional>

namespace quorate::ort {

StatusOr<std::vector<std::string>> NodesElsewhere(const Session& session,
                                                  std::string_view provider) {
  const ApiLibrary& library = session.library();
  std::vector<std::string> elsewhere;
  const std::optional<Table> api = library.Since(kAssignmentVersion);
  if (!api) return elsewhere;
  const auto check = [&](OrtStatus* status) {
    return library.ToStatus(status, StatusCode::kInternal,
                            "ONNX Runtime does not say who runs what");
  };
  // All of it belongs to the session.
  const OrtEpAssignedSubgraph* const* parts = nullptr;
  size_t part_count = 0;
  QUORATE_RETURN_IF_ERROR(
      check((*api)[slot::kSession_GetEpGraphAssignmentInfo](session.get(), &parts, &part_count)));
  for (size_t p = 0; p < part_count; ++p) {
    const char* name = nullptr;
    QUORATE_RETURN_IF_ERROR(check((*api)[slot::kEpAssignedSubgraph_GetEpName](parts[p], &name)));
    if (provider == name) continue;
    const OrtEpAssignedNode* const* nodes = nullptr;
    size_t node_count = 0;
    QUORATE_RETURN_IF_ERROR(
        check((*api)[slot::kEpAssignedSubgraph_GetNodes](parts[p], &nodes, &node_count)));
    for (size_t n = 0; n < node_count; ++n) {
      const char* type = nullptr;
      QUORATE_RETURN_IF_ERROR(check((*api)[slot::kEpAssignedNode_GetName](nodes[n], &name)));
      QUORATE_RETURN_IF_ERROR(
          check((*api)[slot::kEpAssignedNode_GetOperatorType](nodes[n], &type)));
      elsewhere.push_back(std::string(name) + " (" + type + ")");
    }
  }
  return elsewhere;
}

}  // namespace quorate::ort
