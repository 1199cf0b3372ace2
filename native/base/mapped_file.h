#pragma once

#include <string>
#include <string_view>

namespace quorate {

// A file's content in memory, read-only and without a copy: the system reads what is touched. While
// it exists the file may be replaced, but not cut short, or touching what was lost ends the
// process.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }  // Empty with a problem.
  // Why there is nothing: "there is no such file", "it is empty"; or empty.
  const std::string& problem() const { return problem_; }

 private:
  std::string_view bytes_;
  std::string problem_;
};

}  // namespace quorate
