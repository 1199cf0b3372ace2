#include <gtest/gtest.h>

#include "test/native/kernels/builds.h"
#include "test/native/kernels/vectors_file.h"

namespace quorate {
namespace {

TEST(Vectors, HoldOnEveryInstructionSet) {
  const auto tiers = ReadVectors(QUORATE_VECTORS);
  ASSERT_EQ(tiers.size(), 140u);
  for (const Build& build : RunnableBuilds()) {
    const auto differences = CheckVectors(tiers, [&](const TierCase& tier, Columns& columns) {
      const Status status = ReduceOnCpu(build.run, tier.plan, tier.rule, tier.outputs.data(),
                                        tier.rows, tier.State(), columns.All());
      EXPECT_TRUE(status.ok()) << status.message();
    });
    for (const std::string& difference : differences)
      ADD_FAILURE() << build.name << " " << difference;
  }
}

}  // namespace
}  // namespace quorate
