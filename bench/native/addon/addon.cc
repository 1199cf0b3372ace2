// The exports: interface Addon of bench/lib/native.ts.

#include <utility>

#include "bench/native/addon/copy_bandwidth.h"
#include "bench/native/addon/floor_object.h"
#include "bench/native/addon/hop.h"
#include "bench/native/addon/host_votes_job.h"
#include "bench/native/addon/single_run.h"
#include "bench/native/addon/spinners.h"
#include "native/addon/errors.h"
#include "native/addon/read/reader.h"
#include "native/addon/read/runtime_arguments.h"

namespace quorate::bench {
namespace {

// What one environment has. Never freed: idle threads sleep on it, and join nothing at exit.
struct Bench {
  explicit Bench(Napi::Env env) : channel(env), hop(&channel) {}
  static Bench& Of(const Napi::CallbackInfo& info) { return *static_cast<Bench*>(info.Data()); }

  Channel channel;
  Hop hop;
  Spinners spinners;
};

constexpr int64_t kMost = int64_t{1} << 32;

void ReadTexts(ObjectReader* reader, const char* key, Status* problem,
               std::vector<std::string>* out) {
  reader->Array(key, [&](Napi::Value text, const std::string& at) {
    if (!text.IsString()) {
      *problem = ObjectReader::Wrong(at, text, "a string");
    } else {
      out->push_back(text.As<Napi::String>().Utf8Value());
    }
  });
}

size_t ReadCount(ObjectReader* reader, const char* key, int64_t least) {
  int64_t count = 0;
  reader->Integer(key, least, kMost, &count);
  return static_cast<size_t>(count);
}

size_t CountArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const double count = info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : 0;
  if (!(count >= 1 && count <= static_cast<double>(kMost))) {
    throw ToNapiError(info.Env(), ObjectReader::Wrong(name, info[index], "a count"));
  }
  return static_cast<size_t>(count);
}

Napi::Value OpenFloor(const Napi::CallbackInfo& info) {
  FloorSpec spec;
  Status problem;
  ObjectReader reader(info[0], "options", &problem);
  ReadTexts(&reader, "runtimePaths", &problem, &spec.runtime_paths);
  reader.Array("tiers", [&](Napi::Value value, const std::string& at) {
    ObjectReader tier(value, at, &problem);
    FloorTierSpec& read = spec.tiers.emplace_back();
    ReadTexts(&tier, "members", &problem, &read.members);
    read.rows = ReadCount(&tier, "rows", 1);
  });
  spec.batch_rows = ReadCount(&reader, "batchRows", 1);
  spec.threads = ReadCount(&reader, "threads", 0);
  spec.passes = ReadCount(&reader, "passes", 1);
  ThrowIfError(info.Env(), problem);
  return FloorObject::New(info.Env(), &Bench::Of(info).channel, spec);
}

Napi::Float32Array RowsArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsTypedArray() ||
      info[index].As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    throw ToNapiError(info.Env(), ObjectReader::Wrong(name, info[index], "a Float32Array"));
  }
  return info[index].As<Napi::Float32Array>();
}

Napi::Value SendHop(const Napi::CallbackInfo& info) {
  return Bench::Of(info).hop.Send(info.Env(), RowsArgument(info, 0, "row"));
}

Napi::Value RunHostVotes(const Napi::CallbackInfo& info) {
  HostVotesSpec spec;
  double ms = 0;
  Status problem;
  ObjectReader reader(info[0], "options", &problem);
  spec.paths = ReadRuntimePaths(&reader, &problem);
  reader.Text("device", &spec.device);
  reader.Array("tiers", [&](Napi::Value value, const std::string& at) {
    ObjectReader tier(value, at, &problem);
    HostVotesTier& read = spec.tiers.emplace_back();
    ReadTexts(&tier, "members", &problem, &read.members);
    read.votes = ReadCount(&tier, "votes", 1);
  });
  spec.batch_rows = ReadCount(&reader, "batchRows", 1);
  reader.Number("ms", 0, 1e6, &ms);
  ThrowIfError(info.Env(), problem);
  const Napi::Float32Array rows = RowsArgument(info, 1, "rows");
  std::vector<float> copy(rows.Data(), rows.Data() + rows.ElementLength());
  return ThreadJob::Start(info.Env(), &Bench::Of(info).channel,
                          new HostVotesJob(info.Env(), std::move(spec), std::move(copy), ms));
}

Napi::Value RunSingle(const Napi::CallbackInfo& info) {
  std::vector<std::string> paths;
  std::string model;
  Status problem;
  ObjectReader reader(info[0], "options", &problem);
  ReadTexts(&reader, "runtimePaths", &problem, &paths);
  reader.Text("model", &model);
  const size_t calls = ReadCount(&reader, "calls", 1);
  ThrowIfError(info.Env(), problem);
  return ThreadJob::Start(info.Env(), &Bench::Of(info).channel,
                          new SingleRun(info.Env(), std::move(paths), std::move(model), calls));
}

void StartSpinning(const Napi::CallbackInfo& info) {
  Bench::Of(info).spinners.Start(CountArgument(info, 0, "threads"));
}

void StopSpinning(const Napi::CallbackInfo& info) { Bench::Of(info).spinners.Stop(); }

Napi::Value MeasureCopy(const Napi::CallbackInfo& info) {
  const size_t bytes = CountArgument(info, 0, "bytes");
  const size_t passes = CountArgument(info, 1, "passes");
  return ThreadJob::Start(info.Env(), &Bench::Of(info).channel,
                          new CopyBandwidth(info.Env(), bytes, passes));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* const bench = new Bench(env);
  const auto add = [&](const char* name, auto* function) {
    exports.Set(name, Napi::Function::New(env, function, name, bench));
  };
  add("openFloor", &OpenFloor);
  add("hop", &SendHop);
  add("hostVotes", &RunHostVotes);
  add("singleRun", &RunSingle);
  add("startSpinning", &StartSpinning);
  add("stopSpinning", &StopSpinning);
  add("copyBandwidth", &MeasureCopy);
  return exports;
}

}  // namespace
}  // namespace quorate::bench

using quorate::bench::Init;
NODE_API_MODULE(quorate_bench, Init)
