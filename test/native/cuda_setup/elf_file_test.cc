#include "native/cuda_setup/elf_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "test/native/ort/library_under_test.h"

namespace quorate::ort {
namespace {

void ExpectUnreadable(const std::string& path, const std::string& part) {
  const StatusOr<ElfFacts> facts = ReadElf(path);
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(facts.status().code(), StatusCode::kDevice);
  EXPECT_NE(facts.status().message().find(part), std::string::npos) << facts.status().message();
}

TEST(ElfFile, TellsWhatALibraryIsLinkedAgainstAndItsVersion) {
  const StatusOr<ElfFacts> facts = ReadElf(FAKE_PROVIDER);
  ASSERT_TRUE(facts.ok()) << facts.status().message();
  const std::vector<std::string>& needed = facts.value().needed;
  ASSERT_GE(needed.size(), 2u);
  EXPECT_EQ(needed[0], "libcublas.so.13");
  EXPECT_EQ(needed[1], "libcudart.so.13");
  EXPECT_EQ(facts.value().releases, std::vector<std::string>{"1.987.654"});
}

TEST(ElfFile, FindsTheVersionOfOnnxRuntimeAmongItsConstants) {
  const StatusOr<ElfFacts> facts = ReadElf(LibraryPath());
  ASSERT_TRUE(facts.ok()) << facts.status().message();
  const std::vector<std::string>& releases = facts.value().releases;
  EXPECT_NE(std::find(releases.begin(), releases.end(), Library().version()), releases.end());
}

TEST(ElfFile, RefusesWhatIsNoLibrary) {
  ExpectUnreadable("/no/such/file", "/no/such/file cannot be read: there is no such file");
  ExpectUnreadable(Fixture("linear.onnx"), "linear.onnx is not a 64-bit library");
  const std::string empty = TemporaryPath("empty.so");
  std::ofstream(empty).flush();
  ExpectUnreadable(empty, "it is empty");
  std::filesystem::remove(empty);
}

// Whatever a file says about itself: no read outside of it, which AddressSanitizer would see.
TEST(ElfFile, SurvivesFilesThatAreCutOffOrDamaged) {
  const std::vector<uint8_t> whole = ReadBytes(FAKE_PROVIDER);
  const std::string path = TemporaryPath("damaged.so");
  const auto read = [&](const std::vector<uint8_t>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    (void)ReadElf(path);
  };
  for (size_t size = 1; size < whole.size(); size += whole.size() / 50) {
    read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (size_t at = 6; at < 64; ++at) {  // The header.
    std::vector<uint8_t> damaged = whole;
    damaged[at] = 0xff;
    read(damaged);
  }
  const size_t sections = whole.size() - 64 * 8;  // Some of the section table, which comes last.
  for (size_t at = sections; at < whole.size(); at += 3) {
    std::vector<uint8_t> damaged = whole;
    damaged[at] = 0xfe;
    read(damaged);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace quorate::ort
