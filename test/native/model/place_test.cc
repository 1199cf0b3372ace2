// Where models run, as specifications spell it.

#include "native/model/place.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(PlaceTest, IsReadAndPrintedAlike) {
  for (const Place place : {Place(), OnCpu(), OnCuda(0), OnCuda(12)}) {
    EXPECT_EQ(ParsePlace(PlaceName(place)), place) << PlaceName(place);
  }
  EXPECT_EQ(PlaceName(Place()), "auto");
  EXPECT_EQ(PlaceName(OnCpu()), "cpu");
  EXPECT_EQ(PlaceName(OnCuda(3)), "cuda:3");
}

TEST(PlaceTest, CudaIsTheFirstDevice) { EXPECT_EQ(ParsePlace("cuda"), OnCuda(0)); }

TEST(PlaceTest, AnythingElseIsNone) {
  for (const char* odd : {"", "CPU", "cpu ", "tpu", "cuda:", "cuda:-1", "cuda:1x", "cuda: 1", "cud",
                          "cuda:99999999999"}) {
    EXPECT_EQ(ParsePlace(odd), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace quorate
