// How large batches are while runs fail, and afterwards.

#include "native/engine/batch_limit.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

class FinishedRun final : public BatchRun {
 public:
  // `bad` of the rows failed.
  FinishedRun(size_t count, size_t bad) {
    rows.resize(count, {nullptr, 0, 0});
    tallies = std::vector<MemberTally>(2);
    tallies[1].rows_blamed = bad;
    const auto error = std::make_shared<const Status>(StatusCode::kMember, "no");
    for (uint32_t row = 0; row < bad; ++row) failures.push_back({row, 1, error});
  }
  void Start() override {}
  void Cancel() override {}
  void ForgetCancel() override {}
};

constexpr size_t kMost = 256;

// As batches go by, each of as many rows as may be.
void Feed(BatchLimit* limit, double bad_share, size_t rows) {
  double bad = 0;
  for (size_t fed = 0; fed < rows; fed += limit->rows()) {
    bad += bad_share * static_cast<double>(limit->rows());
    const auto whole = static_cast<size_t>(bad);
    bad -= static_cast<double>(whole);
    limit->Learn(FinishedRun(limit->rows(), whole));
  }
}

TEST(BatchLimitTest, IsTheMostWhereNothingFails) {
  BatchLimit limit(kMost);
  EXPECT_FALSE(limit.Learn(FinishedRun(kMost, 0)));
  EXPECT_EQ(limit.rows(), kMost);
}

TEST(BatchLimitTest, IsAboutOneOverTheRootOfTheShareOfBadRows) {
  for (const auto& [share, least, most] :
       {std::tuple<double, size_t, size_t>{0.01, 7, 14}, {0.0625, 3, 5}, {0.25, 2, 3}, {1, 1, 1}}) {
    BatchLimit limit(kMost);
    Feed(&limit, share, 20'000);
    EXPECT_GE(limit.rows(), least) << share;
    EXPECT_LE(limit.rows(), most) << share;
  }
}

TEST(BatchLimitTest, GrowsBackToTheMostWhenRowsAreGood) {
  BatchLimit limit(kMost);
  Feed(&limit, 0.05, 10'000);
  EXPECT_LT(limit.rows(), 8u);
  size_t before = limit.rows();
  for (int i = 0; i < 4; ++i) {
    Feed(&limit, 0, 1500);
    EXPECT_GT(limit.rows(), before);
    before = limit.rows();
  }
  Feed(&limit, 0, 10'000);
  EXPECT_EQ(limit.rows(), kMost);
  EXPECT_FALSE(limit.Learn(FinishedRun(kMost, 0)));
}

TEST(BatchLimitTest, KeepsWhatMemoryHasRoomFor) {
  BatchLimit limit(kMost);
  FinishedRun run(kMost, 0);
  run.fit = {0, 32};
  EXPECT_TRUE(limit.Learn(run));
  EXPECT_EQ(limit.rows(), 32u);
  Feed(&limit, 0, 100'000);
  EXPECT_EQ(limit.rows(), 32u);
  EXPECT_EQ(limit.memory_rows(), 32u);
  run.fit.in_memory = 64;
  limit.Learn(run);
  EXPECT_EQ(limit.rows(), 32u) << "more did not fit before";
}

TEST(BatchLimitTest, TriesLargerRunsAgainThatDidNotFailForWantOfMemory) {
  BatchLimit limit(kMost);
  FinishedRun run(kMost, 0);
  run.fit = {4, 0};
  EXPECT_TRUE(limit.Learn(run));
  EXPECT_EQ(limit.rows(), 4u);
  EXPECT_EQ(limit.memory_rows(), 0u);
  Feed(&limit, 0, 100'000);
  EXPECT_EQ(limit.rows(), kMost);
}

}  // namespace
}  // namespace quorate
