#include "native/ort/probe/profile.h"

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "native/ort/probe/flops.h"
#include "native/ort/probe/made_up_run.h"

namespace quorate::ort {
namespace {

// A folder of ours alone, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    if (error) parent = "/tmp";
    parent_ = parent.string();
    std::string pattern = (parent / "quorate-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }      // Empty: it could not be made,
  const std::string& parent() const { return parent_; }  // in here.

 private:
  std::string parent_;
  std::string path_;
};

std::string ReadText(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  char piece[1 << 14];
  size_t size = 0;
  while ((size = std::fread(piece, 1, sizeof piece, file)) > 0) text.append(piece, size);
  std::fclose(file);
  return text;
}

// Ends profiling and returns the name of the file that was written.
StatusOr<std::string> EndProfiling(const Session& session) {
  const ApiLibrary& library = session.library();
  char* name = nullptr;
  QUORATE_RETURN_IF_ERROR(library.ToStatus(
      library.api()[slot::kSessionEndProfiling](session.get(), library.allocator(), &name),
      StatusCode::kInternal, "ONNX Runtime's profile was not written"));
  std::string path = name;
  QUORATE_RETURN_IF_ERROR(
      library.ToStatus(library.api()[slot::kAllocatorFree](library.allocator(), name),
                       StatusCode::kInternal, "ONNX Runtime does not take back its memory"));
  return path;
}

}  // namespace

StatusOr<uint64_t> MeasureFlops(const ApiLibrary* library, const OnnxFile& file,
                                const ModelPlan& plan, const OrtRunOptions* options,
                                const RowShapes& row_shapes, MadeUp content) {
  QUORATE_RETURN_IF_ERROR(CheckUnchanged(file));
  const TemporaryFolder folder;
  if (folder.path().empty()) {
    return Status(StatusCode::kInternal,
                  "no folder for a profile can be made in " + folder.parent());
  }
  SessionConfig config;
  config.profile = true;
  config.profile_prefix = folder.path() + "/profile";
  QUORATE_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                           Session::Create(library, file, config));
  const size_t rows = std::max<size_t>(plan.info.fixed_batch, 1);
  const StatusOr<Dims> run = RunMadeUp(*session, plan, options, row_shapes, rows, content);
  // Also after a failed run: the session would end it in its destructor, into the same folder.
  QUORATE_ASSIGN_OR_RETURN(const std::string path, EndProfiling(*session));
  if (!run.ok()) return run.status();
  QUORATE_ASSIGN_OR_RETURN(const uint64_t total, ProfileFlops(ReadText(path)));
  return (total + rows / 2) / rows;
}

}  // namespace quorate::ort
