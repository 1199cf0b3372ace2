#include "bench/native/addon/floor_object.h"

#include <utility>

#include "native/addon/errors.h"

namespace quorate::bench {

Napi::Object FloorObject::New(Napi::Env env, Channel* channel, const FloorSpec& spec) {
  const auto self = std::make_shared<FloorObject>();
  self->channel_ = channel;
  auto floor = Floor::Open(spec, [channel, job = self.get()] { channel->Post(job); });
  ThrowIfError(env, floor.status());
  self->floor_ = std::move(floor).value();
  const Napi::Object object = Napi::Object::New(env);
  object.Set(
      "run",
      Napi::Function::New(
          env, [self](const Napi::CallbackInfo& info) { return self->Run(info.Env()); }, "run"));
  object.Set("close", Napi::Function::New(
                          env, [self](const Napi::CallbackInfo& info) { self->Close(info.Env()); },
                          "close"));
  return object;
}

void FloorObject::CheckIdle(Napi::Env env) const {
  if (floor_ == nullptr) throw Napi::Error::New(env, "the floor is closed");
  if (promise_) throw Napi::Error::New(env, "a run of the floor is in progress");
}

Napi::Value FloorObject::Run(Napi::Env env) {
  CheckIdle(env);
  promise_.emplace(env);
  self_ = shared_from_this();
  channel_->Begin(env);
  floor_->Start();
  return promise_->Promise();
}

void FloorObject::Settle(Napi::Env env) {
  const std::shared_ptr<FloorObject> self = std::move(self_);
  const Napi::Promise::Deferred promise = *promise_;
  promise_.reset();
  const StatusOr<double> ms = floor_->Figures();
  if (ms.ok()) {
    promise.Resolve(Napi::Number::New(env, ms.value()));
  } else {
    promise.Reject(ToNapiError(env, ms.status()).Value());
  }
}

void FloorObject::Close(Napi::Env env) {
  CheckIdle(env);
  floor_ = nullptr;
}

}  // namespace quorate::bench
