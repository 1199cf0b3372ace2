#include "native/addon/write/traces.h"

#include <algorithm>

#include "native/addon/errors.h"

namespace quorate {

namespace {

Napi::Array ToErrors(Napi::Env env, const TraceTier& tier) {
  Napi::Array errors = Napi::Array::New(env, tier.member_errors.size());
  for (uint32_t m = 0; m < tier.member_errors.size(); ++m) {
    const auto& error = tier.member_errors[m];
    errors.Set(m, error == nullptr ? env.Null() : Napi::Value(ToPlainError(env, *error)));
  }
  return errors;
}

Napi::Object ToTierObject(Napi::Env env, const TraceTier& tier) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("tier", Napi::Number::New(env, tier.result.tier_index));
  object.Set("label", Napi::Number::New(env, tier.result.label));
  object.Set("votes", Napi::Number::New(env, tier.result.votes));
  object.Set("flags", Napi::Number::New(env, tier.result.flags));
  object.Set("score", Napi::Number::New(env, static_cast<double>(tier.result.score)));
  auto votes = Napi::Int32Array::New(env, tier.member_votes.size());
  std::copy(tier.member_votes.begin(), tier.member_votes.end(), votes.Data());
  object.Set("memberVotes", votes);
  auto scores = Napi::Float32Array::New(env, tier.member_scores.size());
  std::copy(tier.member_scores.begin(), tier.member_scores.end(), scores.Data());
  object.Set("memberScores", scores);
  object.Set("queueNs", Napi::Number::New(env, static_cast<double>(tier.queue_ns)));
  object.Set("runNs", Napi::Number::New(env, static_cast<double>(tier.run_ns)));
  object.Set("batchRows", Napi::Number::New(env, tier.batch_rows));
  if (!tier.member_errors.empty()) object.Set("memberErrors", ToErrors(env, tier));
  return object;
}

}  // namespace

Napi::Array ToTracesArray(Napi::Env env, const std::vector<std::vector<TraceTier>>& traces) {
  Napi::Array rows = Napi::Array::New(env, traces.size());
  for (uint32_t i = 0; i < traces.size(); ++i) {
    const Napi::HandleScope scope(env);
    if (traces[i].empty()) {
      rows.Set(i, env.Undefined());
      continue;
    }
    Napi::Array tiers = Napi::Array::New(env, traces[i].size());
    for (uint32_t t = 0; t < traces[i].size(); ++t) tiers.Set(t, ToTierObject(env, traces[i][t]));
    rows.Set(i, tiers);
  }
  return rows;
}

}  // namespace quorate
