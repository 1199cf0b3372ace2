#include "native/engine/answers.h"

#include "native/kernels/kernels.h"

namespace quorate {

AnswerColumns::AnswerColumns(size_t count, uint8_t measures)
    : rows(count),
      labels(count),
      tiers(count),
      votes(count),
      voters(count),
      flags(count),
      statuses(count),
      errors(count) {
  if (measures & kScore) scores = Column<float>(count);
  if (measures & kConfidence) confidences = Column<float>(count);
  if (measures & kMargin) margins = Column<float>(count);
  if (measures & kEntropy) entropies = Column<float>(count);
}

RowResult AnswerColumns::Get(size_t row) const {
  RowResult result;
  result.label = labels.Get(row);
  result.score = scores.Get(row);
  result.confidence = confidences.Get(row);
  result.margin = margins.Get(row);
  result.entropy = entropies.Get(row);
  result.tier = tiers.Get(row);
  result.votes = votes.Get(row);
  result.voters = voters.Get(row);
  result.flags = flags.Get(row);
  result.status = statuses.Get(row);
  result.error = errors.Get(row);
  return result;
}

void AnswerColumns::Set(size_t row, const RowResult& result) {
  labels.Set(row, result.label);
  scores.Set(row, result.score);
  confidences.Set(row, result.confidence);
  margins.Set(row, result.margin);
  entropies.Set(row, result.entropy);
  tiers.Set(row, result.tier);
  votes.Set(row, result.votes);
  voters.Set(row, result.voters);
  flags.Set(row, result.flags);
  statuses.Set(row, result.status);
  errors.Set(row, result.error);
}

}  // namespace quorate
