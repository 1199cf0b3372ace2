// Which calls and rows come in, and in which order, without an engine.

#include "native/engine/admission.h"

#include <gtest/gtest.h>

#include <memory>

namespace quorate {
namespace {

// A plan of one tier that reads one tensor of four bytes.
CascadePlan OneTensor() {
  CascadePlan plan;
  plan.tensors = {{"x", ElementType::kUint32, {1}, sizeof(uint32_t), {0}}};
  plan.tiers.resize(1);
  plan.tiers[0].tensors = {0};
  return plan;
}

class AdmissionTest : public ::testing::Test {
 protected:
  // Bounds: eight rows, sixteen bytes.
  struct Given {
    uint32_t rows = 1;
    bool single = true;
    bool wait = true;
    bool lazy = false;
    size_t bytes = 0;
  };
  Call CallOf(const Given& given) {
    Call call;
    call.id = next_id_;
    next_id_ += given.rows;
    call.rows = given.rows;
    call.single = given.single;
    call.tensors = {{nullptr, given.lazy}};
    call.storage_bytes = given.bytes;
    call.options.wait = given.wait;
    return call;
  }
  RequestRecord* Enter(const Given& given) {
    auto* record = new RequestRecord(CallOf(given), 0, &plan_, admission_.room());
    admission_.Enter(record);
    return records_.emplace_back(record, [](RequestRecord* done) { done->DropReference(); }).get();
  }
  // Settles rows that are in: their places are free again.
  static void Settle(RequestRecord* record, uint32_t from, uint32_t to) {
    for (uint32_t row = from; row < to; ++row) record->Settle(row, {RowStatus::kCancelled});
  }
  // The rows that come in now, and whose they are.
  uint32_t LetIn(RequestRecord* expected) {
    uint32_t rows = 0;
    while (true) {
      const auto entry = admission_.Next(false);
      if (entry.record == nullptr) break;
      EXPECT_EQ(entry.record, expected);
      entry.record->LetIn(entry.row);
      ++rows;
    }
    return rows;
  }

  CascadePlan plan_ = OneTensor();
  Admission admission_{8, 16};
  uint64_t next_id_ = 1;
  std::vector<std::unique_ptr<RequestRecord, void (*)(RequestRecord*)>> records_;
};

TEST_F(AdmissionTest, LetsInAsManySingleRowsAsThereArePlacesBesideThoseLeftToBatches) {
  RequestRecord* const call = Enter({.rows = 12});
  EXPECT_EQ(LetIn(call), 8u);
  Settle(call, 0, 3);
  EXPECT_EQ(LetIn(call), 3u);
}

TEST_F(AdmissionTest, RefusesRowsThatDoNotWaitWhereOthersDo) {
  RequestRecord* const call = Enter({.rows = 12});
  LetIn(call);
  EXPECT_EQ(admission_.RowsLetIn(CallOf({.wait = false}), 0).status().code(),
            StatusCode::kQueueFull);
  EXPECT_EQ(admission_.RowsLetIn(CallOf({.wait = true}), 0).value(), 1u);
}

TEST_F(AdmissionTest, TakesThoseRowsForWhichThereIsRoom) {
  EXPECT_EQ(admission_.RowsLetIn(CallOf({.rows = 12, .wait = false}), 0).value(), 8u);
}

TEST_F(AdmissionTest, TakesThoseRowsOfATurnWhoseBytesFit) {
  const Given four{.rows = 4, .wait = false, .bytes = 24};  // 6 each, and 16 may be in flight.
  EXPECT_EQ(admission_.RowsLetIn(CallOf(four), 0).value(), 2u);
  LetIn(Enter({.bytes = 6}));
  EXPECT_EQ(admission_.RowsLetIn(CallOf(four), 0).value(), 1u);
  LetIn(Enter({.bytes = 6}));
  EXPECT_EQ(admission_.RowsLetIn(CallOf(four), 0).status().code(), StatusCode::kQueueFull);
}

TEST_F(AdmissionTest, TakesOneRowThatIsLargerThanAllBytesWhereNoneAreInFlight) {
  EXPECT_EQ(admission_.RowsLetIn(CallOf({.rows = 3, .wait = false, .bytes = 60}), 0).value(), 1u);
}

TEST_F(AdmissionTest, LetsABatchInAsAWholeWhateverItsRows) {
  RequestRecord* const batch = Enter({.rows = 1000, .single = false});
  const auto entry = admission_.Next(false);
  EXPECT_EQ(entry.record, batch);
  EXPECT_EQ(batch->kind(), RowKind::kBulk);
  EXPECT_EQ(admission_.room()->rows(), 0u) << "its rows count when they are taken";
  EXPECT_EQ(admission_.Next(true).record, nullptr);
}

TEST_F(AdmissionTest, LetsRowsThatMustAskInOneByOneBehindNobody) {
  RequestRecord* const asking = Enter({.rows = 20, .single = false, .lazy = true});
  EXPECT_EQ(LetIn(asking), 7u) << "an eighth is left to single rows";
  RequestRecord* const single = Enter({});
  EXPECT_EQ(admission_.Next(false).record, single);
}

TEST_F(AdmissionTest, CountsBytesUntilTheCallIsOver) {
  RequestRecord* const first = Enter({.bytes = 16});
  EXPECT_EQ(LetIn(first), 1u);
  RequestRecord* const second = Enter({.bytes = 1});
  EXPECT_EQ(LetIn(nullptr), 0u);
  admission_.Leave(*first);
  EXPECT_EQ(LetIn(second), 1u);
}

TEST_F(AdmissionTest, LetsACallThatIsLargerThanAllBytesInAlone) {
  RequestRecord* const huge = Enter({.bytes = 100});
  EXPECT_EQ(LetIn(huge), 1u);
}

TEST_F(AdmissionTest, PassesByRowsAndCallsThatSettledWhileTheyWaited) {
  RequestRecord* const dead = Enter({.rows = 3});
  Settle(dead, 0, 3);
  RequestRecord* const half = Enter({.rows = 3});
  Settle(half, 1, 2);
  EXPECT_EQ(LetIn(half), 2u);
}

}  // namespace
}  // namespace quorate
