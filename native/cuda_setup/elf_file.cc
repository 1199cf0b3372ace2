#include "native/cuda_setup/elf_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "native/base/mapped_file.h"

namespace quorate {
namespace {

constexpr std::string_view kMagic(
    "\x7f"
    "ELF\x02\x01",
    6);  // 64 bits, little-endian.
constexpr uint32_t kDynamicType = 6;
constexpr int64_t kNeeded = 1;
constexpr size_t kHeaderBytes = 64;

// As the file has it.
struct Section {
  uint32_t name;
  uint32_t type;
  uint64_t flags;
  uint64_t address;
  uint64_t offset;
  uint64_t size;
  uint32_t link;
  uint32_t info;
  uint64_t alignment;
  uint64_t entry_size;
};

struct DynamicEntry {
  int64_t tag;
  uint64_t value;
};

// Every read is checked: what a file says about itself may be wrong.
std::string_view Part(std::string_view bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return {};
  return bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(size));
}

template <typename T>
T Read(std::string_view bytes, uint64_t offset) {
  T value{};
  const std::string_view part = Part(bytes, offset, sizeof(T));
  if (!part.empty()) std::memcpy(&value, part.data(), sizeof(T));
  return value;
}

std::string Text(std::string_view table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(static_cast<size_t>(offset));
  return std::string(rest.substr(0, rest.find('\0')));
}

class ElfReader {
 public:
  explicit ElfReader(std::string_view bytes) : bytes_(bytes) {
    const auto at = Read<uint64_t>(bytes, 0x28);
    const auto count = Read<uint16_t>(bytes, 0x3c);
    const std::string_view table = Part(bytes, at, count * sizeof(Section));
    for (size_t i = 0; i < table.size() / sizeof(Section); ++i) {
      sections_.push_back(Read<Section>(table, i * sizeof(Section)));
    }
    names_ = Content(Read<uint16_t>(bytes, 0x3e));
  }

  std::vector<std::string> Needed() const {
    std::vector<std::string> needed;
    for (const Section& section : sections_) {
      if (section.type != kDynamicType) continue;
      const std::string_view entries = Part(bytes_, section.offset, section.size);
      const std::string_view texts = Content(section.link);
      for (size_t at = 0; at + sizeof(DynamicEntry) <= entries.size(); at += sizeof(DynamicEntry)) {
        const auto entry = Read<DynamicEntry>(entries, at);
        if (entry.tag == kNeeded) needed.push_back(Text(texts, entry.value));
      }
    }
    return needed;
  }

  std::string_view Constants() const {
    for (size_t i = 0; i < sections_.size(); ++i) {
      if (Text(names_, sections_[i].name) == ".rodata") return Content(i);
    }
    return {};
  }

 private:
  std::string_view Content(size_t index) const {
    if (index >= sections_.size()) return {};
    return Part(bytes_, sections_[index].offset, sections_[index].size);
  }

  const std::string_view bytes_;
  std::vector<Section> sections_;
  std::string_view names_;
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "1.30.0": digits and two dots, nothing else, and a digit on both sides of each dot.
bool IsRelease(std::string_view text) {
  if (text.size() < 5 || text.size() > 12 || text.substr(0, 2) != "1.") return false;
  if (std::count(text.begin(), text.end(), '.') != 2 || !IsDigit(text.back())) return false;
  for (size_t i = 1; i < text.size(); ++i) {
    if (!IsDigit(text[i]) && (text[i] != '.' || !IsDigit(text[i - 1]))) return false;
  }
  return true;
}

// Among the constants, texts end with a zero byte and so begin after one.
std::vector<std::string> Releases(std::string_view constants) {
  std::vector<std::string> releases;
  for (size_t at = constants.find("1."); at != std::string_view::npos;
       at = constants.find("1.", at + 1)) {
    if (at > 0 && constants[at - 1] != '\0') continue;
    const std::string_view rest = constants.substr(at, 16);
    const std::string_view text = rest.substr(0, rest.find('\0'));
    if (text.size() < rest.size() && IsRelease(text)) releases.emplace_back(text);
  }
  return releases;
}

}  // namespace

StatusOr<ElfFacts> ReadElf(const std::string& path) {
  const MappedFile file(path);
  if (!file.problem().empty()) {
    return Status(StatusCode::kDevice, path + " cannot be read: " + file.problem());
  }
  if (file.bytes().size() < kHeaderBytes || file.bytes().substr(0, kMagic.size()) != kMagic) {
    return Status(StatusCode::kDevice, path + " is not a 64-bit library");
  }
  const ElfReader reader(file.bytes());
  return ElfFacts{reader.Needed(), Releases(reader.Constants())};
}

}  // namespace quorate
