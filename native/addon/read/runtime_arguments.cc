#include "native/addon/read/runtime_arguments.h"

namespace quorate {

namespace {

std::vector<std::string> ReadTexts(ObjectReader* reader, const char* key, Status* problem) {
  std::vector<std::string> texts;
  reader->Array(key, [&](Napi::Value text, const std::string& at) {
    if (!text.IsString()) {
      *problem = ObjectReader::Wrong(at, text, "a string");
    } else {
      texts.push_back(text.As<Napi::String>().Utf8Value());
    }
  });
  return texts;
}

}  // namespace

RuntimePaths ReadRuntimePaths(ObjectReader* reader, Status* problem) {
  RuntimePaths paths;
  paths.libraries = ReadTexts(reader, "runtimePaths", problem);
  paths.cuda.providers = ReadTexts(reader, "cudaProviders", problem);
  paths.cuda.library_folders = ReadTexts(reader, "cudaLibraryFolders", problem);
  return paths;
}

}  // namespace quorate
