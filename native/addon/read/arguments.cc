#include "native/addon/read/arguments.h"

#include <cmath>
#include <utility>

#include "native/addon/read/member_arguments.h"
#include "native/addon/read/reader.h"
#include "native/addon/read/runtime_arguments.h"

namespace quorate {

namespace {

RuleOp ReadRuleOp(Napi::Value value, const std::string& where, Status* problem) {
  ObjectReader reader(value, where, problem);
  RuleOp op{};
  int64_t arity = 0;
  int64_t votes = 0;
  double threshold = 0;
  reader.Choice<RuleKind>("kind",
                          {{"votes", RuleKind::kVotes},
                           {"score", RuleKind::kScore},
                           {"confidence", RuleKind::kConfidence},
                           {"margin", RuleKind::kMargin},
                           {"entropy", RuleKind::kEntropy},
                           {"allOf", RuleKind::kAllOf},
                           {"anyOf", RuleKind::kAnyOf},
                           {"always", RuleKind::kAlways},
                           {"never", RuleKind::kNever}},
                          &op.kind);
  reader.Integer("arity", 0, UINT8_MAX, &arity);
  reader.Integer("votes", 0, UINT16_MAX, &votes);
  reader.Number("threshold", -1e9, 1e9, &threshold);
  op.arity = static_cast<uint8_t>(arity);
  op.votes = static_cast<uint16_t>(votes);
  op.threshold = static_cast<float>(threshold);
  return op;
}

void ReadRule(ObjectReader* reader, RuleProgram* rule, Status* problem) {
  reader->Array("rule", [&](Napi::Value op, const std::string& at) {
    if (rule->count == kMaxRuleOps) {
      *problem = {StatusCode::kInvalidArgument, reader->PathOf("rule") + " has more than " +
                                                    std::to_string(kMaxRuleOps) + " parts"};
      return;
    }
    rule->ops[rule->count++] = ReadRuleOp(op, at, problem);
  });
}

void ReadBatching(ObjectReader* reader, TierSpec* tier) {
  reader->Size("maxRows", &tier->max_rows);
  reader->Integer("maxDelayNs", 0, kMostNs, &tier->max_delay_ns);
  reader->Size("maxQueueRows", &tier->max_queue_rows);
  reader->Size("maxInFlight", &tier->max_in_flight);
  tier->on_overload = Overload::kAsCall;
  if (reader->Has("onOverload")) {
    reader->Choice<Overload>(
        "onOverload",
        {{"reject", Overload::kReject}, {"degrade", Overload::kDegrade}, {"wait", Overload::kWait}},
        &tier->on_overload);
  }
  reader->Choice<OnFailure>("onFailure",
                            {{"reject", OnFailure::kReject},
                             {"defer", OnFailure::kDefer},
                             {"degrade", OnFailure::kDegrade}},
                            &tier->on_failure);
}

void ReadPlace(ObjectReader* reader, Place* place) {
  std::string text;
  reader->Text("device", &text);
  const std::optional<Place> parsed = ParsePlace(text);
  if (parsed.has_value()) {
    *place = *parsed;
  } else if (reader->ok()) {
    reader->Complain(reader->PathOf("device") + " is \"" + text +
                     "\", expected auto, cpu, cuda or cuda:N");
  }
}

RaggedSpec ReadRaggedSpec(Napi::Value value, const std::string& where, Status* problem) {
  ObjectReader reader(value, where, problem);
  RaggedSpec ragged;
  reader.Text("tensor", &ragged.tensor);
  reader.Text("length", &ragged.length);
  reader.Size("maxLength", &ragged.max_length);
  ragged.padded = reader.Has("pad");
  if (ragged.padded) reader.Number("pad", -HUGE_VAL, HUGE_VAL, &ragged.pad);
  if (!reader.Has("inner")) return ragged;
  ReadShape(reader.Get("inner"), reader.PathOf("inner"), &ragged.shape, problem);
  ragged.shape.insert(ragged.shape.begin(), -1);
  return ragged;
}

void ReadTier(Napi::Value value, const std::string& where, CascadeRequest* request,
              Status* problem) {
  ObjectReader reader(value, where, problem);
  const auto index = static_cast<uint32_t>(request->spec.tiers.size());
  TierSpec tier;
  reader.Text("name", &tier.name);
  reader.Array("members", [&](Napi::Value member, const std::string& at) {
    ParsedMember parsed = ReadMember(member, at, problem);
    const auto m = static_cast<uint32_t>(tier.members.size());
    if (parsed.is_function) {
      request->functions.push_back({index, m, MemberText(tier.name, m, parsed.spec.name),
                                    parsed.timeout_ns, parsed.splits_on_failure});
    }
    tier.members.push_back(std::move(parsed.spec));
  });
  ReadRule(&reader, &tier.rule, problem);
  reader.Choice<Combine>("combine", {{"vote", Combine::kVote}, {"mean", Combine::kMean}},
                         &tier.combine);
  reader.Choice<bool>("evidence", {{"tier", false}, {"cumulative", true}}, &tier.cumulative);
  reader.Choice<Execution>(
      "execution", {{"concurrent", Execution::kConcurrent}, {"sequential", Execution::kSequential}},
      &tier.execution);
  ReadPlace(&reader, &tier.place);
  ReadBatching(&reader, &tier);
  request->spec.tiers.push_back(std::move(tier));
}

}  // namespace

StatusOr<CascadeRequest> ReadSpec(Napi::Value value) {
  CascadeRequest request;
  CascadeSpec& spec = request.spec;
  Status problem;
  ObjectReader reader(value, "", &problem);
  if (!problem.ok()) return ObjectReader::Wrong("the specification", value, "an object");
  request.runtime_paths = ReadRuntimePaths(&reader, &problem);
  int64_t classes = 0;
  int64_t measures = 0;
  reader.Integer("classes", 0, INT32_MAX, &classes);
  reader.Integer("measures", 0, kScore | kConfidence | kMargin | kEntropy, &measures);
  reader.Array("shapes", [&](Napi::Value pair, const std::string& at) {
    auto& [name, shape] = spec.shapes.emplace_back();
    const Napi::Value given = ReadPair(pair, at, &name, &problem);
    ReadShape(given, at + "[1]", &shape, &problem);
  });
  reader.Array("ragged", [&](Napi::Value tensor, const std::string& at) {
    spec.ragged.push_back(ReadRaggedSpec(tensor, at, &problem));
  });
  reader.Array("constants", [&](Napi::Value constant, const std::string& at) {
    ReadConstant(constant, at, &spec.constants, &problem);
  });
  reader.Size("maxRowsInFlight", &spec.max_rows_in_flight);
  reader.Size("maxBytesInFlight", &spec.max_bytes_in_flight);
  reader.Size("deviceQueueBytes", &spec.device_queue_bytes);
  reader.Integer("spinNs", 0, kMostNs, &spec.spin_ns);
  reader.Bool("warmup", &spec.warmup);
  reader.Array("tiers", [&](Napi::Value tier, const std::string& at) {
    ReadTier(tier, at, &request, &problem);
  });
  QUORATE_RETURN_IF_ERROR(std::move(problem));
  spec.classes = static_cast<uint32_t>(classes);
  spec.measures = static_cast<uint8_t>(measures);
  return request;
}

}  // namespace quorate
