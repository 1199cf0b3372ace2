#include "native/replay/path_costs.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(PathCosts, ARowPaysForEveryMemberOfTheTiersItVisits) {
  EXPECT_EQ(PathCosts({{{0, 1}, {1, 2}}, {{2, 10}}, {{3, 100}, {4, 200}}}),
            (std::vector<double>{3, 13, 313}));
}

TEST(PathCosts, AModelInTwoTiersIsChargedOnce) {
  EXPECT_EQ(PathCosts({{{7, 5}}, {{7, 5}, {1, 20}}, {{1, 20}, {7, 5}}}),
            (std::vector<double>{5, 25, 25}));
}

TEST(PathCosts, AVectorCostsWhatItsRowsCost) {
  const std::vector<double> path = PathCosts({{{0, 1}}, {{1, 10}}});
  const uint64_t exits[] = {90, 10};
  EXPECT_EQ(TotalCost(path, exits), 90 * 1 + 10 * 11);
}

}  // namespace
}  // namespace quorate
