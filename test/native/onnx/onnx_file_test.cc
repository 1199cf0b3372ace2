#include "native/onnx/onnx_file.h"

#include <gtest/gtest.h>

#include "native/onnx/protobuf.h"
#include "native/onnx/sha256.h"
#include "test/native/ort/library_under_test.h"

namespace quorate::ort {
namespace {

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
  EXPECT_EQ(file.sha256, hash.HexDigest());
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
  EXPECT_EQ(file.sha256, hash.HexDigest());
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
