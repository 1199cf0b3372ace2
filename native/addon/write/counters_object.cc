#include "native/addon/write/counters_object.h"

#include "native/addon/errors.h"

namespace quorate {

namespace {

template <typename Struct>
struct Field {
  const char* name;
  uint64_t Struct::*value;
};

constexpr Field<MemberCounters> kMemberFields[] = {
    {"rowsRun", &MemberCounters::rows_run},
    {"rowsSkipped", &MemberCounters::rows_skipped},
    {"rowsReused", &MemberCounters::rows_reused},
    {"rowsFailed", &MemberCounters::rows_failed},
    {"rowsPadded", &MemberCounters::rows_padded},
    {"stepsRun", &MemberCounters::steps_run},
    {"stepsPadded", &MemberCounters::steps_padded},
    {"invalidVotes", &MemberCounters::invalid_votes},
    {"runNs", &MemberCounters::run_ns},
    {"extraRuns", &MemberCounters::extra_runs},
    {"rowsRepeated", &MemberCounters::rows_repeated},
};

constexpr Field<TierCounters> kTierFields[] = {
    {"entered", &TierCounters::entered},
    {"exited", &TierCounters::exited},
    {"deferred", &TierCounters::deferred},
    {"failed", &TierCounters::failed},
    {"cancelled", &TierCounters::cancelled},
    {"expired", &TierCounters::expired},
    {"rejected", &TierCounters::rejected},
    {"inFlight", &TierCounters::in_flight},
    {"invalid", &TierCounters::invalid},
    {"degraded", &TierCounters::degraded},
    {"batches", &TierCounters::batches},
    {"memoryRows", &TierCounters::memory_rows},
    {"queueNs", &TierCounters::queue_ns},
    {"gatherNs", &TierCounters::gather_ns},
    {"uploadNs", &TierCounters::upload_ns},
    {"runNs", &TierCounters::run_ns},
    {"reduceNs", &TierCounters::reduce_ns},
    {"downloadNs", &TierCounters::download_ns},
    {"scatterNs", &TierCounters::scatter_ns},
    {"bytesToDevice", &TierCounters::bytes_to_device},
    {"bytesToHost", &TierCounters::bytes_to_host},
};

constexpr Field<Counters> kFields[] = {
    {"submitted", &Counters::submitted},
    {"settled", &Counters::settled},
    {"pending", &Counters::pending},
};

Napi::Number ToNumber(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

template <typename Struct, size_t kCount>
Napi::Object ToObject(Napi::Env env, const Struct& counters,
                      const Field<Struct> (&fields)[kCount]) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, value] : fields) object.Set(name, ToNumber(env, counters.*value));
  return object;
}

template <typename Value>
Napi::Float64Array ToNumbers(Napi::Env env, size_t count, Value value) {
  Napi::Float64Array numbers = Napi::Float64Array::New(env, count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(value(i));
  return numbers;
}

Napi::Float64Array ToHistogram(Napi::Env env, const Histogram& times) {
  return ToNumbers(env, Histogram::kBuckets, [&times](size_t i) { return times.count(i); });
}

Napi::Object ToMember(Napi::Env env, const MemberCounters& member) {
  Napi::Object object = ToObject(env, member, kMemberFields);
  Napi::Value last = env.Null();
  if (!member.last_error.ok()) {
    Napi::Object error = ToPlainError(env, member.last_error);
    error.Set("count", ToNumber(env, member.last_error_rows));
    last = error;
  }
  object.Set("lastError", last);
  return object;
}

Napi::Object ToTier(Napi::Env env, const TierCounters& tier) {
  Napi::Object object = ToObject(env, tier, kTierFields);
  object.Set("queueTimes", ToHistogram(env, tier.queue_times));
  object.Set("runTimes", ToHistogram(env, tier.run_times));
  Napi::Array members = Napi::Array::New(env, tier.members.size());
  for (uint32_t m = 0; m < tier.members.size(); ++m) {
    members.Set(m, ToMember(env, tier.members[m]));
  }
  object.Set("members", members);
  return object;
}

Napi::Object ToDevice(Napi::Env env, const DeviceCounters& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", device.name);
  object.Set("busyNs", ToNumber(env, device.busy_ns));
  Napi::Array tiers = Napi::Array::New(env, device.shares.size());
  for (uint32_t t = 0; t < device.shares.size(); ++t) {
    Napi::Array members = Napi::Array::New(env, device.shares[t].size());
    for (uint32_t m = 0; m < device.shares[t].size(); ++m) {
      members.Set(m, ToNumber(env, device.shares[t][m]));
    }
    tiers.Set(t, members);
  }
  object.Set("shares", tiers);
  return object;
}

}  // namespace

Napi::Object ToCountersObject(Napi::Env env, const Counters& counters) {
  Napi::Object object = ToObject(env, counters, kFields);
  object.Set("timeBoundsNs", ToNumbers(env, Histogram::kBounds, Histogram::Bound));
  Napi::Array tiers = Napi::Array::New(env, counters.tiers.size());
  for (uint32_t t = 0; t < counters.tiers.size(); ++t) tiers.Set(t, ToTier(env, counters.tiers[t]));
  object.Set("tiers", tiers);
  Napi::Array devices = Napi::Array::New(env, counters.devices.size());
  for (uint32_t d = 0; d < counters.devices.size(); ++d) {
    devices.Set(d, ToDevice(env, counters.devices[d]));
  }
  object.Set("devices", devices);
  return object;
}

}  // namespace quorate
