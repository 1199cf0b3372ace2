// Which rows of a failed run are to blame, and how many runs it takes to know.

#include "native/engine/host_batch/failure_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

namespace quorate {
namespace {

using Bad = std::set<size_t>;

Status Rejection() { return {StatusCode::kMember, "no"}; }

// A model that rejects runs with a bad row in them, and those of more than `most` rows.
struct Model {
  Bad bad;
  size_t most = SIZE_MAX;
  StatusCode too_many = StatusCode::kMember;

  RunReport Run(FailureSearch::Range range) const {
    const auto at = bad.lower_bound(range.first);
    if (at != bad.end() && *at < range.first + range.count) return {Rejection(), 10, 1};
    if (range.count > most) return {Status(too_many, "too many"), 10, 1};
    return {Status(), 10, 1};
  }
};

RunReport Search(const Model& model, size_t rows) {
  FailureSearch search;
  search.Begin(rows, model.Run({0, rows}));
  FailureSearch::Range range;
  while (search.Next(&range)) search.Ran(model.Run(range));
  return search.Take();
}

Bad Blamed(const RunReport& report) {
  Bad rows;
  for (const FailedRow& failed : report.failed_rows) {
    EXPECT_TRUE(rows.empty() || failed.row > *rows.rbegin()) << "not ascending";
    rows.insert(failed.row);
  }
  return rows;
}

TEST(FailureSearchTest, BlamesTheRowsThatFailAndNoOthersInFewRuns) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const size_t rows = 2 + random() % (random() % 2 == 0 ? 10 : 600);
    Model model;
    const size_t bad = 1 + random() % (random() % 4 == 0 ? rows : 3);
    while (model.bad.size() < std::min(bad, rows)) model.bad.insert(random() % rows);
    const RunReport report = Search(model, rows);
    ASSERT_TRUE(report.status.ok());
    ASSERT_EQ(Blamed(report), model.bad);
    const auto guilty = static_cast<double>(model.bad.size());
    const auto runs = static_cast<double>(report.extra_runs);
    ASSERT_LE(runs, guilty * (2 * std::log2(static_cast<double>(rows)) + 2)) << rows;
    ASSERT_EQ(report.run_ns, 10 * (report.extra_runs + 1)) << "time of a run is lost";
    ASSERT_EQ(report.padded_rows, report.extra_runs + 1);
    ASSERT_EQ(report.rows_that_fit, 0u);
  }
}

TEST(FailureSearchTest, FindsTheSizeThatFitsWhereNoRowIsToBlame) {
  for (const auto code : {StatusCode::kMember, StatusCode::kMemory}) {
    const RunReport report = Search({{}, 20, code}, 256);
    EXPECT_TRUE(report.failed_rows.empty());
    const bool memory = code == StatusCode::kMemory;
    EXPECT_EQ(report.rows_in_memory, memory ? 16u : 0u);
    EXPECT_EQ(report.rows_that_fit, memory ? 0u : 16u);
    EXPECT_EQ(report.extra_runs, 2u + 4 + 8 + 16);
    EXPECT_EQ(report.repeated_rows, 4 * 256u);
  }
}

TEST(FailureSearchTest, ARowThatFailsAloneSetsNoSize) {
  Model model{{5}};
  EXPECT_EQ(Search(model, 64).rows_that_fit, 0u);
  model.most = 32;
  model.too_many = StatusCode::kMemory;
  // Of the run of 64 row 5 is to blame, as far as anybody can know.
  EXPECT_EQ(Search(model, 64).rows_that_fit, 0u);
}

TEST(FailureSearchTest, GivesUpWhatIsStopped) {
  FailureSearch search;
  search.Begin(64, {Rejection()});
  FailureSearch::Range range;
  size_t runs = 0;
  for (; search.Next(&range); ++runs) search.Ran({Status(StatusCode::kAborted, "stopped")});
  EXPECT_EQ(runs, 2u);
  EXPECT_EQ(search.Take().failed_rows.size(), 64u);
}

TEST(FailureSearchTest, KeepsRowsThatFailedInARunThatDidNot) {
  FailureSearch search;
  search.Begin(8, {Rejection()});
  FailureSearch::Range range;
  while (search.Next(&range)) {
    RunReport report;
    report.failed_rows = {{1, std::make_shared<const Status>(Rejection())}};
    search.Ran(std::move(report));
  }
  EXPECT_EQ(Blamed(search.Take()), Bad({1, 5}));
}

}  // namespace
}  // namespace quorate
