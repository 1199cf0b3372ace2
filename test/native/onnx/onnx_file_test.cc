#include "native/onnx/onnx_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "native/onnx/protobuf.h"
#include "native/onnx/sha256.h"
#include "test/native/ort/library_under_test.h"

namespace quorate::ort {
namespace {

namespace fs = std::filesystem;

OnnxFile Read(const std::string& fixture) {
  StatusOr<OnnxFile> file = ReadOnnxFile({Fixture(fixture), nullptr});
  EXPECT_TRUE(file.ok()) << file.status().message();
  return file.ok() ? file.value() : OnnxFile{};
}

TEST(OnnxFile, KnowsWhichRowsAreOpen) {
  EXPECT_FALSE(Read("linear.onnx").open_rows);
  EXPECT_FALSE(Read("fixed-batch-4.onnx").open_rows);
  EXPECT_FALSE(Read("conv.onnx").open_rows);
  EXPECT_TRUE(Read("dynamic-row.onnx").open_rows);
}

TEST(OnnxFile, KnowsWhetherThereAreConvolutions) {
  EXPECT_TRUE(Read("conv.onnx").convolutions);
  EXPECT_FALSE(Read("lstm.onnx").convolutions);
}

TEST(OnnxFile, HashIsThatOfTheFileWhenItStandsAlone) {
  const OnnxFile file = Read("linear.onnx");
  Sha256 hash;
  const std::vector<uint8_t> bytes = ReadBytes(Fixture("linear.onnx"));
  hash.Update(bytes.data(), bytes.size());
  EXPECT_EQ(Sha256Of(file).value(), hash.HexDigest());
  EXPECT_EQ(file.total_bytes, bytes.size());
  EXPECT_TRUE(file.external.empty());
}

TEST(OnnxFile, HashesExternalDataToo) {
  const OnnxFile file = Read("external.onnx");
  EXPECT_EQ(file.external, std::vector<std::string>{"external.bin"});
  const std::vector<uint8_t> model = ReadBytes(Fixture("external.onnx"));
  const std::vector<uint8_t> data = ReadBytes(Fixture("external.bin"));
  EXPECT_EQ(file.total_bytes, model.size() + data.size());
  Sha256 hash;
  hash.Update(model.data(), model.size());
  hash.Update("external.bin", sizeof "external.bin");
  hash.Update(data.data(), data.size());
  EXPECT_EQ(Sha256Of(file).value(), hash.HexDigest());
}

TEST(OnnxFile, BytesAreIdentifiedByTheirContent) {
  const auto read = [](const char* fixture) {
    const auto bytes = std::make_shared<std::vector<uint8_t>>(ReadBytes(Fixture(fixture)));
    return ReadOnnxFile({"", bytes}).value();
  };
  EXPECT_EQ(read("linear.onnx").identity, read("linear.onnx").identity);
  EXPECT_NE(read("linear.onnx").identity, read("conv.onnx").identity);
  EXPECT_EQ(Sha256Of(read("linear.onnx")).value(), Sha256Of(Read("linear.onnx")).value());
}

// Copies of fixtures, to be changed.
class OnnxFileOnDisk : public testing::Test {
 protected:
  OnnxFileOnDisk() {
    std::string pattern = fs::temp_directory_path() / "quorate-onnx-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~OnnxFileOnDisk() override { fs::remove_all(folder_); }

  std::string Copy(const std::string& fixture) {
    fs::copy_file(Fixture(fixture), folder_ / fixture);
    return folder_ / fixture;
  }
  void Touch(const std::string& name) {
    const auto before = fs::last_write_time(folder_ / name);
    fs::last_write_time(folder_ / name, before + std::chrono::nanoseconds(1000));
  }

  fs::path folder_;
};

TEST_F(OnnxFileOnDisk, IsTheSameBehindALinkAndUntilItChanges) {
  const std::string path = Copy("linear.onnx");
  fs::create_symlink(path, folder_ / "link.onnx");
  const OnnxFile file = ReadOnnxFile({path, nullptr}).value();
  EXPECT_EQ(file.identity, ReadOnnxFile({folder_ / "link.onnx", nullptr}).value().identity);
  EXPECT_TRUE(CheckUnchanged(file).ok());
  Touch("linear.onnx");
  EXPECT_NE(file.identity, ReadOnnxFile({path, nullptr}).value().identity);
  EXPECT_EQ(CheckUnchanged(file).message(), path + " has changed since it was loaded");
  EXPECT_EQ(Sha256Of(file).status().message(), path + " has changed since it was loaded");
}

TEST_F(OnnxFileOnDisk, ChangesWithItsExternalData) {
  Copy("external.bin");
  const OnnxFile file = ReadOnnxFile({Copy("external.onnx"), nullptr}).value();
  EXPECT_TRUE(CheckUnchanged(file).ok());
  Touch("external.bin");
  EXPECT_FALSE(CheckUnchanged(file).ok());
  fs::remove(folder_ / "external.bin");
  EXPECT_FALSE(CheckUnchanged(file).ok());
}

// A terabyte of zeros that takes no room: reading them would end at the test's time limit.
TEST_F(OnnxFileOnDisk, DoesNotReadExternalData) {
  const std::string data = Copy("external.bin");
  constexpr uint64_t kSize = uint64_t{1} << 40;
  std::error_code error;
  fs::resize_file(data, kSize, error);
  if (error) GTEST_SKIP() << "no file of this size here: " << error.message();
  const OnnxFile file = ReadOnnxFile({Copy("external.onnx"), nullptr}).value();
  EXPECT_EQ(file.total_bytes, kSize + fs::file_size(Fixture("external.onnx")));
}

TEST_F(OnnxFileOnDisk, IsHashedOnceWhileItStays) {
  const std::string path = Copy("linear.onnx");
  const OnnxFile file = ReadOnnxFile({path, nullptr}).value();
  const std::string digest = Sha256Of(file).value();
  const auto time = fs::last_write_time(path);
  { std::ofstream(path, std::ios::in | std::ios::out).put('x'); }
  fs::last_write_time(path, time);  // Nobody can tell, so only who reads it would.
  EXPECT_EQ(Sha256Of(file).value(), digest);
}

// Copies external.onnx with another name of the same length in the place of its external data.
std::string Renamed(const std::string& path, const std::string& location) {
  const std::vector<uint8_t> bytes = ReadBytes(path);
  std::string text(bytes.begin(), bytes.end());
  const std::string known = "external.bin";
  EXPECT_EQ(location.size(), known.size());
  for (size_t at = text.find(known); at != std::string::npos; at = text.find(known, at + 1)) {
    text.replace(at, known.size(), location);
  }
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST_F(OnnxFileOnDisk, NamesNoFilesOutsideOfItsFolder) {
  const std::string path = Copy("external.onnx");
  for (const std::string location : {"../ernal.bin", "/dev/urandom", "a/../../.bin"}) {
    fs::remove(path);
    Copy("external.onnx");
    Renamed(path, location);
    EXPECT_EQ(ReadOnnxFile({path, nullptr}).status().message(),
              path + " cannot be loaded: its external data \"" + location +
                  "\" lies outside of the model's folder");
  }
  fs::remove(path);
  Copy("external.onnx");
  Renamed(path, "a/ternal.bin");
  fs::create_directory(folder_ / "a");
  fs::copy_file(Fixture("external.bin"), folder_ / "a/ternal.bin");
  EXPECT_TRUE(ReadOnnxFile({path, nullptr}).ok());
}

TEST_F(OnnxFileOnDisk, NamesNoPipesAsItsExternalData) {
  const std::string path = Copy("external.onnx");
  const std::string pipe = folder_ / "external.bin";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ReadOnnxFile({path, nullptr}).status().message(),
            path + " cannot be loaded: its external data " + pipe + ": it is no regular file");
}

TEST_F(OnnxFileOnDisk, NeedsAllBytesOfItsExternalData) {
  const std::string path = Copy("external.onnx");
  const std::string data = Copy("external.bin");
  const uint64_t size = fs::file_size(data);
  fs::resize_file(data, size - 1);
  EXPECT_EQ(ReadOnnxFile({path, nullptr}).status().message(),
            path + " cannot be loaded: its external data \"external.bin\" has " +
                std::to_string(size - 1) + " bytes, its tensors need " + std::to_string(size));
}

TEST(ProtoReader, RefusesMalformedMessages) {
  for (const std::string& message :
       {std::string("\x08"), std::string("\x08\x80"),
        std::string("\x0a\x05"
                    "xy"),
        std::string("\x0d\x01\x02"), std::string("\x09\x01"), std::string("\x0b"),
        std::string("\x00\x01", 2), std::string(12, '\xff')}) {
    ProtoReader reader(message);
    ProtoField field;
    while (reader.Next(field)) {
    }
    EXPECT_FALSE(reader.ok());
  }
}

TEST(ProtoReader, ReadsEveryWireType) {
  // 1: 300; 2: "ab"; 3: fixed32; 4: fixed64; 5: 7.
  ProtoReader reader(
      {"\x08\xac\x02\x12\x02"
       "ab"
       "\x1d"
       "1234"
       "\x21"
       "12345678"
       "\x28\x07",
       23});
  ProtoField field;
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.value, 300u);
  ASSERT_TRUE(reader.Next(field));
  EXPECT_TRUE(field.is_bytes);
  EXPECT_EQ(field.bytes, "ab");
  ASSERT_TRUE(reader.Next(field));
  ASSERT_TRUE(reader.Next(field));
  ASSERT_TRUE(reader.Next(field));
  EXPECT_EQ(field.number, 5u);
  EXPECT_EQ(field.value, 7u);
  EXPECT_FALSE(reader.Next(field));
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace quorate::ort
