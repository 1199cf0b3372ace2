// What rows keep of a batch: answers, traces, and outputs that a later tier uses again.

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "native/engine/engine_state.h"

namespace quorate {

// Of members that a later tier has too, where they ran and did not fail.
void EngineState::KeepOutputs(const BatchRun& run, size_t i) {
  const std::vector<PlannedMember>& members = tiers_[run.tier]->plan().members;
  const std::span<const MemberFailure> failures = run.FailuresOf(i);
  for (size_t m = 0; m < run.columns.voters[i]; ++m) {
    if (!members[m].said_again) continue;
    const bool failed = std::any_of(failures.begin(), failures.end(),
                                    [m](const MemberFailure& f) { return f.member == m; });
    if (failed) continue;
    const uint8_t* const output = run.to_keep[m] + i * members[m].reduced_row_bytes;
    RecordOf(run.rows[i])->Keep(run.rows[i].row, members[m], output);
  }
}

void EngineState::Record(const BatchRun& run, size_t i) {
  RequestRecord* const record = RecordOf(run.rows[i]);
  const uint32_t row = run.rows[i].row;
  const ColumnSet& columns = run.columns;
  record->Answer(row, columns, i, run.tier);
  if (record->detail() != Detail::kVotes) return;
  TraceTier trace;
  trace.result = record->answer(row);
  const size_t k = tiers_[run.tier]->plan().members.size();
  const int32_t* const votes = columns.member_votes + i * k;
  const float* const scores = columns.member_scores + i * k;
  trace.member_votes.assign(votes, votes + k);
  trace.member_scores.assign(scores, scores + k);
  KeepTrace(run, i, std::move(trace));
}

// No member has answered the row: all that its trace has of the tier is why.
void EngineState::TraceSilence(const BatchRun& run, size_t i) {
  const size_t k = tiers_[run.tier]->plan().members.size();
  TraceTier trace;
  trace.result.label = -1;
  trace.result.tier_index = static_cast<uint8_t>(run.tier);
  trace.result.score = std::numeric_limits<float>::quiet_NaN();
  trace.member_votes.assign(k, -1);
  trace.member_scores.assign(k, std::numeric_limits<float>::quiet_NaN());
  KeepTrace(run, i, std::move(trace));
}

void EngineState::KeepTrace(const BatchRun& run, size_t i, TraceTier trace) {
  trace.queue_ns = run.begun_at - run.rows[i].queued_at;
  trace.run_ns = run.run_ns;
  trace.batch_rows = static_cast<uint32_t>(run.rows.size());
  for (const MemberFailure& failure : run.FailuresOf(i)) {
    trace.member_errors.resize(tiers_[run.tier]->plan().members.size());
    trace.member_errors[failure.member] = failure.error;
  }
  RecordOf(run.rows[i])->trace(run.rows[i].row).push_back(std::move(trace));
}

}  // namespace quorate
