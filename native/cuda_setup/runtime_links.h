#pragma once

// ONNX Runtime looks for its providers in the folder of the path by which it was opened, links not
// resolved. So a provider that lies elsewhere is brought in by a private folder of links: nothing
// has to be written into node_modules.

#include <string>

#include "native/cuda_setup/report.h"

namespace quorate {

// The path by which to open the library at `runtime` so that it finds the provider of `search`:
// `runtime` itself when the provider is next to it, when none fits, and when `runtime` is a bare
// name. One folder per library and provider, removed when the process ends.
std::string LinkedRuntime(const std::string& runtime, const CudaSearch& search);

// The library behind a path of LinkedRuntime(); any other path as it is.
std::string UnlinkedRuntime(const std::string& path);

}  // namespace quorate
