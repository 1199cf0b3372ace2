#include "native/addon/threads.h"

#include "native/addon/errors.h"
#include "native/addon/process_services.h"
#include "native/addon/read/reader.h"

namespace quorate {

namespace {

constexpr int64_t kMostThreads = 1024;

const char* NameOf(ThreadReason reason) {
  switch (reason) {
    case ThreadReason::kAffinity: return "affinity";
    case ThreadReason::kQuota: return "quota";
    case ThreadReason::kVariable: return "variable";
    case ThreadReason::kProgram: return "program";
  }
  return "affinity";
}

}  // namespace

Napi::Value Threads(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ThreadCount threads = ProcessServices::Process().threads();
  Napi::Object object = Napi::Object::New(env);
  object.Set("count", Napi::Number::New(env, threads.count));
  object.Set("reason", NameOf(threads.reason));
  return object;
}

void SetThreads(const Napi::CallbackInfo& info) {
  Status problem;
  ObjectReader reader(info[0], "threads", &problem);
  int64_t count = 0;
  ThreadReason reason = ThreadReason::kProgram;
  reader.Integer("count", 1, kMostThreads, &count);
  reader.Choice<ThreadReason>(
      "reason", {{"variable", ThreadReason::kVariable}, {"program", ThreadReason::kProgram}},
      &reason);
  ThrowIfError(info.Env(), problem);
  ProcessServices::Process().SetThreads({static_cast<unsigned>(count), reason});
}

}  // namespace quorate
