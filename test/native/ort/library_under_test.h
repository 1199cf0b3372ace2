#pragma once

// The ONNX Runtime library these tests run against, and the fixtures they load.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "native/ort/api_library.h"

namespace quorate::ort {

// QUORATE_ONNXRUNTIME_PATH. Ends the process when it is unset: these tests are never skipped.
inline std::string LibraryPath() {
  const char* path = std::getenv("QUORATE_ONNXRUNTIME_PATH");
  if (path == nullptr || *path == '\0') {
    std::fprintf(stderr,
                 "QUORATE_ONNXRUNTIME_PATH must name an ONNX Runtime library, for example "
                 "node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1\n");
    std::exit(1);
  }
  return path;
}

inline const ApiLibrary& Library() {
  StatusOr<const ApiLibrary*> library = ApiLibrary::Get({LibraryPath()});
  if (!library.ok()) {
    std::fprintf(stderr, "%s\n", library.status().message().c_str());
    std::exit(1);
  }
  return *library.value();
}

inline std::string Fixture(const std::string& name) {
  return std::string(QUORATE_SOURCE_DIR) + "/test/fixtures/models/" + name;
}

// A path for a file of this process alone.
inline std::string TemporaryPath(const std::string& name) {
  return testing::TempDir() + "quorate-" + std::to_string(getpid()) + "-" + name;
}

inline std::vector<uint8_t> ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace quorate::ort
