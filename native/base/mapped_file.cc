#include "native/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quorate {
namespace {

// Maps an open file, or says why not.
std::string Map(int file, std::string_view* bytes) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return std::strerror(errno);
  if (S_ISDIR(facts.st_mode)) return "it is a folder";
  if (!S_ISREG(facts.st_mode)) return "it is no regular file";
  if (facts.st_size == 0) return "it is empty";
  const auto size = static_cast<size_t>(facts.st_size);
  void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (at == MAP_FAILED) return std::strerror(errno);
  *bytes = {static_cast<const char*>(at), size};
  return {};
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  // Without waiting where it is a pipe.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    problem_ = errno == ENOENT ? "there is no such file" : std::strerror(errno);
    return;
  }
  problem_ = Map(file, &bytes_);
  close(file);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace quorate
