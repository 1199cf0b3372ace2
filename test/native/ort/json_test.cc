#include "native/ort/probe/json.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::ort {
namespace {

TEST(Json, ReadsEveryKindOfValue) {
  const auto json =
      ParseJson(" {\"a\" : [1, -2.5e3, true, false, null, \"x\\n\\u0041\\\"\\u20ac\"], \"b\":{}} ");
  ASSERT_TRUE(json);
  const Json* a = json->Find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 6u);
  EXPECT_EQ(a->items[0].number, 1);
  EXPECT_EQ(a->items[1].number, -2500);
  EXPECT_EQ(a->items[2].kind, Json::Kind::kBool);
  EXPECT_EQ(a->items[2].number, 1);
  EXPECT_EQ(a->items[3].number, 0);
  EXPECT_EQ(a->items[4].kind, Json::Kind::kNull);
  EXPECT_EQ(a->items[5].text, "x\nA\"?");
  EXPECT_EQ(json->Find("b")->kind, Json::Kind::kObject);
  EXPECT_EQ(json->Find("c"), nullptr);
}

TEST(Json, RefusesMalformedText) {
  for (const char* text : {"", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"x", "\"\\",
                           "\"\\u12\"", "\"\\q\"", "tru", "[1] 2", "-", "]"}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
}

TEST(Json, RefusesDeepNesting) {
  EXPECT_TRUE(ParseJson(std::string(60, '[') + std::string(60, ']')));
  EXPECT_FALSE(ParseJson(std::string(100'000, '[')));
}

}  // namespace
}  // namespace quorate::ort
