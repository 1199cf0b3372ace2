#include "native/onnx/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace quorate {
namespace {

std::string Hash(const std::string& text, size_t piece = SIZE_MAX) {
  Sha256 hash;
  for (size_t i = 0; i < text.size(); i += std::min(piece, text.size())) {
    const std::string part = text.substr(i, piece);
    hash.Update(part.data(), part.size());
  }
  return hash.HexDigest();
}

// The examples of FIPS 180-4.
TEST(Sha256, OfTheStandardsExamples) {
  EXPECT_EQ(Hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hash(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  for (size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'q');
    for (const size_t piece : {1u, 7u, 63u, 64u, 65u}) {
      EXPECT_EQ(Hash(text, piece), Hash(text)) << size << " in pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace quorate
