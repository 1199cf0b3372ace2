#include "native/addon/read/member_arguments.h"

#include <cmath>
#include <memory>
#include <utility>

#include "native/addon/read/reader.h"

namespace quorate {

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
    const bool open = size == -1;
    if (!open && !(size >= 1 && size <= 0x7fffffff && size == std::floor(size))) {
      *problem = ObjectReader::Wrong(at, item, "a whole number of at least 1");
      return;
    }
    shape->push_back(static_cast<int64_t>(size));
  });
}

namespace {

void ReadType(ObjectReader* reader, ElementType* out) {
  std::string type;
  reader->Text("type", &type);
  for (int i = 0; i <= static_cast<int>(ElementType::kBool); ++i) {
    *out = static_cast<ElementType>(i);
    if (type == ElementName(*out)) return;
  }
  reader->Complain(reader->PathOf("type") + " is \"" + type + "\", which is no element type");
}

std::vector<uint8_t> ReadData(ObjectReader* reader, const char* key) {
  const Napi::Value value = reader->Get(key);
  if (!reader->ok()) return {};
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    reader->Complain(reader->PathOf(key) + " is " + KindOf(value) + ", expected a Uint8Array");
    return {};
  }
  const auto bytes = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ElementLength());
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
  ReadShape(reader.Get("rowShape"), reader.PathOf("rowShape"), &out->row_shape, problem);
  ReadType(&reader, &out->type);
}

void ReadBytes(ObjectReader* reader, ModelSource* source) {
  source->bytes = std::make_shared<const std::vector<uint8_t>>(ReadData(reader, "bytes"));
}

void ReadClassMap(ObjectReader* reader, std::vector<int32_t>* map) {
  const Napi::Value value = reader->Get("classMap");
  if (!reader->ok()) return;
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    reader->Complain(reader->PathOf("classMap") + " is " + KindOf(value) +
                     ", expected an Int32Array");
    return;
  }
  const auto classes = value.As<Napi::Int32Array>();
  map->assign(classes.Data(), classes.Data() + classes.ElementLength());
}

void ReadLabels(ObjectReader* reader, std::vector<int64_t>* labels) {
  const Napi::Value value = reader->Get("labels");
  if (!reader->ok()) return;
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_bigint64_array) {
    reader->Complain(reader->PathOf("labels") + " is " + KindOf(value) +
                     ", expected a BigInt64Array");
    return;
  }
  const auto values = value.As<Napi::BigInt64Array>();
  labels->assign(values.Data(), values.Data() + values.ElementLength());
}

void ReadCuda(Napi::Value value, const std::string& where, CudaOptions* cuda, Status* problem) {
  ObjectReader reader(value, where, problem);
  reader.Bool("graphs", &cuda->graphs);
  reader.Bool("tf32", &cuda->tf32);
  size_t bytes = 0;
  reader.Size("memoryLimitBytes", &bytes);
  cuda->memory_limit_bytes = bytes;
  reader.Choice<ConvSearch>("convSearch",
                            {{"heuristic", ConvSearch::kHeuristic},
                             {"exhaustive", ConvSearch::kExhaustive},
                             {"default", ConvSearch::kDefault}},
                            &cuda->conv_search);
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

}  // namespace

void ReadConstant(Napi::Value value, const std::string& where,
                  std::vector<ConstantInput>* constants, Status* problem) {
  ObjectReader reader(value, where, problem);
  ConstantInput& constant = constants->emplace_back();
  reader.Text("name", &constant.name);
  ReadType(&reader, &constant.type);
  ReadShape(reader.Get("shape"), reader.PathOf("shape"), &constant.shape, problem);
  constant.data = ReadData(&reader, "data");
}

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
  reader.Array("constants", [&](Napi::Value constant, const std::string& at) {
    ReadConstant(constant, at, &member.options.constants, problem);
  });
  reader.Array("functionInputs", [&](Napi::Value declaration, const std::string& at) {
    ReadDeclaration(declaration, at, &member.function_inputs.emplace_back(), problem);
  });
  reader.Text("outputName", &member.options.output_name);
  reader.Choice<OutputChoice>("output",
                              {{"auto", OutputChoice::kAuto},
                               {"logits", OutputChoice::kLogits},
                               {"probabilities", OutputChoice::kProbabilities},
                               {"label", OutputChoice::kLabel}},
                              &member.output);
  if (!parsed.is_function) {
    ReadCuda(reader.Get("cuda"), reader.PathOf("cuda"), &member.options.cuda, problem);
  }
  double number = 1;
  reader.Number("temperature", -HUGE_VAL, HUGE_VAL, &number);  // Validate() has the range.
  member.temperature = static_cast<float>(number);
  number = 0;
  reader.Number("timeoutMs", 0, HUGE_VAL, &number);
  const double timeout_ns = number * static_cast<double>(kNsPerMs);
  if (timeout_ns < static_cast<double>(kMostNs)) {
    parsed.timeout_ns = static_cast<int64_t>(timeout_ns);
  }
  reader.Bool("splitOnFailure", &parsed.splits_on_failure);
  ReadClassMap(&reader, &member.class_map);
  ReadLabels(&reader, &member.labels);
  return parsed;
}

}  // namespace quorate
