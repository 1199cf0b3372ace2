#include "native/addon/arguments.h"

#include <cmath>
#include <utility>

#include "native/addon/arrays.h"
#include "native/addon/reader.h"

namespace quorate {

namespace {

constexpr double kMostUs = 1e15;  // About thirty years.

int64_t NsFrom(double value, int64_t unit) {
  return static_cast<int64_t>(std::llround(value * static_cast<double>(unit)));
}

// [string, X]
Napi::Value ReadPair(Napi::Value value, const std::string& where, std::string* first,
                     Status* problem) {
  const bool pair = value.IsArray() && value.As<Napi::Array>().Length() == 2 &&
                    value.As<Napi::Array>().Get(0u).IsString();
  if (!pair) {
    *problem = ObjectReader::Wrong(where, value, "a pair whose first element is a string");
    return value.Env().Undefined();
  }
  *first = value.As<Napi::Array>().Get(0u).As<Napi::String>().Utf8Value();
  return value.As<Napi::Array>().Get(1u);
}

void ReadShape(Napi::Value value, const std::string& where, std::vector<int64_t>* shape,
               Status* problem) {
  ObjectReader::EachIn(value, where, problem, [&](Napi::Value item, const std::string& at) {
    const double size = item.IsNumber() ? item.As<Napi::Number>().DoubleValue() : 0;
    if (!(size >= 1 && size <= 0x7fffffff && size == std::floor(size))) {
      *problem = ObjectReader::Wrong(at, item, "a whole number of at least 1");
      return;
    }
    shape->push_back(static_cast<int64_t>(size));
  });
}

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

void ReadDeclaration(Napi::Value value, const std::string& where, TensorSpec* out,
                     Status* problem) {
  ObjectReader reader(value, where, problem);
  reader.Text("name", &out->name);
  if (reader.Has("type") != reader.Has("rowShape")) {
    reader.Complain(where + " has only one of type and rowShape");
  }
  if (!reader.Has("type")) {
    out->row_shape = {kShapeFromModels};
    return;
  }
  std::string type;
  reader.Text("type", &type);
  ReadShape(reader.Get("rowShape"), reader.PathOf("rowShape"), &out->row_shape, problem);
  for (int i = 0; i <= static_cast<int>(ElementType::kBool); ++i) {
    out->type = static_cast<ElementType>(i);
    if (type == ElementName(out->type)) return;
  }
  reader.Complain(reader.PathOf("type") + " is \"" + type + "\", which is no element type");
}

void ReadBytes(ObjectReader* reader, ModelSource* source) {
  const Napi::Value value = reader->Get("bytes");
  if (!reader->ok()) return;
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    reader->Complain(reader->PathOf("bytes") + " is " + KindOf(value) + ", expected a Uint8Array");
    return;
  }
  const auto bytes = value.As<Napi::Uint8Array>();
  source->bytes = std::make_shared<const std::vector<uint8_t>>(
      bytes.Data(), bytes.Data() + bytes.ElementLength());
}

void ReadClassMap(ObjectReader* reader, std::vector<int32_t>* map) {
  const Napi::Value value = reader->Get("classMap");
  if (!reader->ok() || value.IsUndefined()) return;
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    reader->Complain(reader->PathOf("classMap") + " is " + KindOf(value) +
                     ", expected an Int32Array");
    return;
  }
  const auto classes = value.As<Napi::Int32Array>();
  map->assign(classes.Data(), classes.Data() + classes.ElementLength());
}

// True: the member is a function.
bool ReadSource(ObjectReader* reader, MemberSpec* member) {
  bool is_function = false;
  if (reader->Has("isFunction")) reader->Bool("isFunction", &is_function);
  const int sources = reader->Has("path") + reader->Has("bytes") + is_function;
  if (sources != 1) {
    reader->Complain(reader->PathOf("path") + ", bytes and isFunction: " + std::to_string(sources) +
                     " are given, expected exactly one");
  }
  if (reader->Has("path")) reader->Text("path", &member->source.path);
  if (reader->Has("bytes")) ReadBytes(reader, &member->source);
  return is_function;
}

struct ParsedMember {
  MemberSpec spec;
  bool is_function = false;
  int64_t timeout_ns = kForever;
};

ParsedMember ReadMember(Napi::Value value, const std::string& where, Status* problem) {
  ObjectReader reader(value, where, problem);
  ParsedMember parsed;
  MemberSpec& member = parsed.spec;
  reader.Text("name", &member.name);
  parsed.is_function = ReadSource(&reader, &member);
  reader.Array("inputs", [&](Napi::Value pair, const std::string& at) {
    std::string model_input;
    const Napi::Value tensor = ReadPair(pair, at, &model_input, problem);
    if (!problem->ok()) return;
    if (!tensor.IsString()) {
      *problem = ObjectReader::Wrong(at + "[1]", tensor, "a string");
      return;
    }
    member.options.input_names.emplace_back(model_input, tensor.As<Napi::String>().Utf8Value());
  });
  reader.Array("functionInputs", [&](Napi::Value declaration, const std::string& at) {
    ReadDeclaration(declaration, at, &member.function_inputs.emplace_back(), problem);
  });
  if (reader.Has("outputName")) reader.Text("outputName", &member.options.output_name);
  reader.Choice<OutputChoice>("output",
                              {{"auto", OutputChoice::kAuto},
                               {"logits", OutputChoice::kLogits},
                               {"probabilities", OutputChoice::kProbabilities},
                               {"label", OutputChoice::kLabel}},
                              &member.output);
  double number = 1;
  reader.Number("temperature", -HUGE_VAL, HUGE_VAL, &number);  // Validate() has the range.
  member.temperature = static_cast<float>(number);
  number = 0;
  reader.Number("timeoutMs", 0, HUGE_VAL, &number);
  if (number * 1000 < kMostUs) parsed.timeout_ns = NsFrom(number, kNsPerMs);
  ReadClassMap(&reader, &member.class_map);
  return parsed;
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
  double delay_us = 0;
  reader->Size("maxRows", &tier->max_rows);
  reader->Number("maxDelayUs", 0, kMostUs, &delay_us);
  tier->max_delay_ns = NsFrom(delay_us, kNsPerUs);
  reader->Size("maxQueueRows", &tier->max_queue_rows);
  reader->Size("maxInFlight", &tier->max_in_flight);
  reader->Choice<Overload>("onOverload",
                           {{"auto", Overload::kAuto},
                            {"reject", Overload::kReject},
                            {"degrade", Overload::kDegrade},
                            {"wait", Overload::kWait}},
                           &tier->on_overload);
  reader->Choice<OnFailure>("onFailure",
                            {{"reject", OnFailure::kReject}, {"degrade", OnFailure::kDegrade}},
                            &tier->on_failure);
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
      request->functions.push_back({index, m,
                                    "tier \"" + tier.name + "\", member " + std::to_string(m) +
                                        " (" + parsed.spec.name + ")",
                                    parsed.timeout_ns});
    }
    tier.members.push_back(std::move(parsed.spec));
  });
  ReadRule(&reader, &tier.rule, problem);
  reader.Choice<Combine>("combine", {{"vote", Combine::kVote}, {"mean", Combine::kMean}},
                         &tier.combine);
  reader.Choice<bool>("evidence", {{"tier", false}, {"cumulative", true}}, &tier.cumulative);
  reader.Choice<Execution>("execution",
                           {{"auto", Execution::kAuto},
                            {"concurrent", Execution::kConcurrent},
                            {"sequential", Execution::kSequential}},
                           &tier.execution);
  reader.Text("device", &tier.device);
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
  reader.Array("runtimePaths", [&](Napi::Value path, const std::string& at) {
    if (!path.IsString()) {
      problem = ObjectReader::Wrong(at, path, "a string");
    } else {
      request.runtime_paths.push_back(path.As<Napi::String>().Utf8Value());
    }
  });
  int64_t classes = 0;
  int64_t measures = 0;
  double spin_us = 0;
  reader.Integer("classes", 0, INT32_MAX, &classes);
  reader.Integer("measures", 0, kScore | kConfidence | kMargin | kEntropy, &measures);
  reader.Array("shapes", [&](Napi::Value pair, const std::string& at) {
    auto& [name, shape] = spec.shapes.emplace_back();
    const Napi::Value given = ReadPair(pair, at, &name, &problem);
    ReadShape(given, at + "[1]", &shape, &problem);
  });
  reader.Size("maxRowsInFlight", &spec.max_rows_in_flight);
  reader.Size("maxBytesInFlight", &spec.max_bytes_in_flight);
  reader.Number("spinUs", 0, kMostUs, &spin_us);
  reader.Bool("warmup", &spec.warmup);
  reader.Array("tiers", [&](Napi::Value tier, const std::string& at) {
    ReadTier(tier, at, &request, &problem);
  });
  QUORATE_RETURN_IF_ERROR(std::move(problem));
  spec.classes = static_cast<uint32_t>(classes);
  spec.measures = static_cast<uint8_t>(measures);
  spec.spin_ns = NsFrom(spin_us, kNsPerUs);
  return request;
}

}  // namespace quorate
