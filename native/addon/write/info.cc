#include "native/addon/write/info.h"

#include "native/plan/device_tier.h"

namespace quorate {

namespace {

Napi::Number ToNumber(Napi::Env env, size_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

template <typename Items, typename Convert>
Napi::Array ToArray(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  for (uint32_t i = 0; i < items.size(); ++i) array.Set(i, convert(items[i]));
  return array;
}

const char* KindName(OutputKind kind) {
  switch (kind) {
    case OutputKind::kLogits: return "logits";
    case OutputKind::kProbabilities: return "probabilities";
    case OutputKind::kLabel: return "label";
  }
  return "logits";
}

// The fields that NativeTensorInfo and a member's input share.
Napi::Object ToTensor(Napi::Env env, const RequestTensor& tensor) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", tensor.name);
  object.Set("type", ElementName(tensor.type));
  object.Set("rowShape", ToArray(env, tensor.row_shape, [env](int64_t size) {
               return Napi::Number::New(env, static_cast<double>(size));
             }));
  if (!tensor.ragged) return object;
  const RaggedTensor& ragged = *tensor.ragged;
  object.Set("length", ragged.name);
  object.Set("padded", Napi::Boolean::New(env, ragged.padded));
  object.Set("maxLength", ToNumber(env, ragged.max_length));
  return object;
}

Napi::Object ToMember(Napi::Env env, const CascadePlan& plan, const PlannedMember& member) {
  const ModelInfo& model = InfoOf(member.model);
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", member.name);
  object.Set("inputs", ToArray(env, member.tensors, [&](uint32_t tensor) {
               return ToTensor(env, plan.tensors[tensor]);
             }));
  object.Set("output", KindName(member.kind));
  object.Set("outputType", ElementName(member.output_type));
  object.Set("outputWidth", ToNumber(env, member.width));
  object.Set("fixedBatch", ToNumber(env, model.fixed_batch));
  object.Set("device", PlaceName(member.model));
  object.Set("deviceReason", member.device_reason);
  object.Set("deviceBytes", ToNumber(env, member.device_bytes));
  object.Set("reusesTier", Napi::Number::New(env, member.said_in_tier));
  object.Set("reusesMember", Napi::Number::New(env, member.said_by_member));
  object.Set("hostNodes", ToArray(env, model.host_nodes, [env](const std::string& node) {
               return Napi::String::New(env, node);
             }));
  object.Set("warmRows", ToNumber(env, member.warm_rows));
  object.Set("warmInvalid", ToNumber(env, member.warm_invalid));
  object.Set("batchDifference",
             Napi::Number::New(env, static_cast<double>(member.batch_difference)));
  object.Set("padDifference", Napi::Number::New(env, static_cast<double>(member.pad_difference)));
  return object;
}

// Of a tier on the host: null.
Napi::Value ToDevice(Napi::Env env, const PlannedTier& tier) {
  if (tier.on_device == nullptr) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", PlaceName(tier.members[0].model));
  object.Set("buckets", ToArray(env, tier.on_device->options.buckets,
                                [env](size_t rows) { return ToNumber(env, rows); }));
  object.Set("bytes", ToNumber(env, tier.on_device->pipeline->device_bytes()));
  return object;
}

Napi::Object ToTier(Napi::Env env, const CascadePlan& plan, const PlannedTier& tier) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("members", ToArray(env, tier.members, [&](const PlannedMember& member) {
               return ToMember(env, plan, member);
             }));
  object.Set("device", ToDevice(env, tier));
  return object;
}

Napi::Object ToRequestTensor(Napi::Env env, const RequestTensor& tensor) {
  Napi::Object object = ToTensor(env, tensor);
  object.Set("tiers",
             ToArray(env, tensor.tiers, [env](uint32_t tier) { return ToNumber(env, tier); }));
  return object;
}

}  // namespace

Napi::Object ToInfoObject(Napi::Env env, const CascadePlan& plan, const RuntimeInfo& runtime) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("runtimeVersion", runtime.version);
  object.Set("runtimePath", runtime.path);
  object.Set("telemetryOff", Napi::Boolean::New(env, runtime.telemetry_off));
  object.Set("classes", ToNumber(env, plan.classes));
  object.Set("tensors", ToArray(env, plan.tensors, [&](const RequestTensor& tensor) {
               return ToRequestTensor(env, tensor);
             }));
  object.Set("tiers", ToArray(env, plan.tiers,
                              [&](const PlannedTier& tier) { return ToTier(env, plan, tier); }));
  object.Set("warnings", ToArray(env, plan.warnings, [env](const std::string& warning) {
               return Napi::String::New(env, warning);
             }));
  return object;
}

}  // namespace quorate
