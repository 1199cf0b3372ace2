#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "native/addon/cascade/cascade_core.h"
#include "native/addon/cascade/hooks.h"
#include "native/addon/completion_channel.h"
#include "native/addon/napi_config.h"
#include "native/addon/read/call_arguments.h"
#include "native/addon/write/row_results.h"

namespace quorate {

// NativeCascade of the contract. JavaScript thread only; everything else is CascadeCore's. While an
// answer is due, it keeps the event loop and itself alive. Collected without close, it abandons the
// cascade.
class CascadeObject final : private MailReceiver {
 public:
  // Starts to build.
  static Napi::Object New(Napi::Env env, CascadeRequest request, Napi::Object hooks);
  CascadeObject(const CascadeObject&) = delete;
  CascadeObject& operator=(const CascadeObject&) = delete;

 private:
  using Info = Napi::CallbackInfo;
  using Borrowed = std::vector<Napi::ObjectReference>;

  CascadeObject(Napi::Env env, CascadeRequest request, Napi::Object hooks);
  ~CascadeObject();

  // Unwraps `this` and calls a method below.
  template <void (CascadeObject::*kMethod)(const Info&)>
  static void Call(const Info& info);
  static Napi::Value GetCounters(const Info& info);
  static CascadeObject& From(const Info& info);

  static Napi::Value SubmitRows(const Info& info);
  void SubmitBatch(const Info& info);
  void Cancel(const Info& info);
  void CompleteMember(const Info& info);
  void Provide(const Info& info);
  void Profile(const Info& info);
  void Hash(const Info& info);
  void Close(const Info& info);

  // The engine; throws before onBuilt, and when there is none any more.
  std::shared_ptr<Engine> NeedEngine(Napi::Env env) const;
  uint32_t Submit(const Info& info, bool single);
  const GivenOptions& Options(Napi::Env env, Napi::Value value);

  // cascade_mail.cc
  void OnMail(Napi::Env env, Mail mail) override;
  void OnRows(Napi::Env env, std::vector<FinishedRow> rows);
  void On(Napi::Env env, BuiltMessage message);
  void On(Napi::Env env, BatchMessage message);
  void On(Napi::Env env, LazyMessage message);
  void On(Napi::Env env, MemberCallMessage message);
  void On(Napi::Env env, MemberCancelMessage message);
  void On(Napi::Env env, ProfiledMessage message);
  void On(Napi::Env env, HashedMessage message);
  void On(Napi::Env env, InvalidMessage message);
  void On(Napi::Env env, ClosedMessage message);

  // Answers that are due.
  void Expect(Napi::Env env, size_t count = 1);
  void Arrived(Napi::Env env, size_t count);

  RowResults row_results_;
  Hooks hooks_;
  const std::shared_ptr<CompletionChannel> channel_;
  const std::shared_ptr<CascadeCore> core_;
  Napi::ObjectReference self_;     // Weak while no answer is due.
  Napi::ObjectReference options_;  // Of the last call: most calls have the same object.
  GivenOptions given_options_;     // What it says.
  size_t due_ = 0;
  uint64_t last_id_ = 0;
  std::unordered_map<uint64_t, Borrowed> borrowed_;  // By call, until it is finished.
  bool built_ = false;                               // onBuilt was called.
  bool close_asked_ = false;
  bool closed_ = false;
};

}  // namespace quorate
