// What the engine says, on its way into the hooks.

#include <utility>
#include <variant>

#include "native/addon/cascade/cascade_object.h"
#include "native/addon/environment.h"
#include "native/addon/errors.h"
#include "native/addon/process_services.h"
#include "native/addon/write/info.h"
#include "native/addon/write/results.h"

namespace quorate {

namespace {

Napi::Number ToNumber(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Uint32Array ToRowList(Napi::Env env, const std::vector<uint32_t>& rows) {
  Napi::Uint32Array list = Napi::Uint32Array::New(env, rows.size());
  std::copy(rows.begin(), rows.end(), list.Data());
  return list;
}

// Nanoseconds until then, or null: it has no deadline.
Napi::Value TimeLeft(Napi::Env env, int64_t deadline_at) {
  if (deadline_at == kForever) return env.Null();
  const int64_t left = deadline_at - ProcessServices::Process().clock()->NowNs();
  return Napi::Number::New(env, static_cast<double>(left));
}

Napi::Object ToBuildError(Napi::Env env, const std::vector<Status>& problems) {
  Napi::Object error = ToPlainError(env, problems.front());
  Napi::Array list = Napi::Array::New(env, problems.size());
  for (uint32_t i = 0; i < problems.size(); ++i) list.Set(i, ToPlainError(env, problems[i]));
  error.Set("problems", list);
  return error;
}

// [tier][member]
template <typename Value, typename Convert>
Napi::Array ToTable(Napi::Env env, const std::vector<std::vector<Value>>& table, Convert convert) {
  Napi::Array tiers = Napi::Array::New(env, table.size());
  for (uint32_t t = 0; t < table.size(); ++t) {
    Napi::Array members = Napi::Array::New(env, table[t].size());
    for (uint32_t m = 0; m < table[t].size(); ++m) members.Set(m, convert(table[t][m]));
    tiers.Set(t, members);
  }
  return tiers;
}

}  // namespace

void CascadeObject::OnMail(Napi::Env env, Mail mail) {
  const Napi::HandleScope scope(env);
  const Napi::Object self = self_.Value();  // Not collected while this runs.
  if (self.IsEmpty()) return;
  if (!mail.rows.empty()) OnRows(env, std::move(mail.rows));
  for (Message& message : mail.messages) {
    std::visit([&](auto& one) { On(env, std::move(one)); }, message);
  }
}

void CascadeObject::OnRows(Napi::Env env, std::vector<FinishedRow> rows) {
  for (size_t first = 0; first < rows.size();) {
    Delivering(env,
               [&] { hooks_.Call(env, Hook::kRows, {row_results_.Take(env, &rows, &first)}); });
  }
  Arrived(env, rows.size());
}

void CascadeObject::On(Napi::Env env, BuiltMessage message) {
  built_ = true;
  Delivering(env, [&] {
    if (message.plan == nullptr) {
      hooks_.Call(env, Hook::kBuilt, {ToBuildError(env, message.problems), env.Null()});
    } else {
      hooks_.Call(env, Hook::kBuilt,
                  {env.Null(), ToInfoObject(env, *message.plan, message.runtime)});
    }
  });
  Arrived(env, 1);
}

void CascadeObject::On(Napi::Env env, BatchMessage message) {
  borrowed_.erase(message.id);
  Delivering(env, [&] {
    hooks_.Call(env, Hook::kBatch,
                {ToNumber(env, message.id),
                 ToColumnsObject(env, Environment::Of(env).arrays(), std::move(message.columns))});
  });
  Arrived(env, 1);
}

void CascadeObject::On(Napi::Env env, LazyMessage message) {
  Delivering(env, [&] {
    hooks_.CallWithoutContext(
        env, Hook::kLazy,
        {ToNumber(env, message.id), ToNumber(env, message.tensor), ToRowList(env, message.rows)});
  });
}

void CascadeObject::On(Napi::Env env, MemberCallMessage message) {
  if (!core_->member_calls()->Waits(message.call_id)) return;  // Over before it got here.
  Delivering(env, [&] {
    Napi::Array tensors = Napi::Array::New(env, message.tensors.size());
    for (uint32_t i = 0; i < message.tensors.size(); ++i) {
      tensors.Set(i, Environment::Of(env).arrays()->Make(env, std::move(message.tensors[i])));
    }
    Napi::Array offsets = Napi::Array::New(env, message.offsets.size());
    for (uint32_t i = 0; i < message.offsets.size(); ++i) {
      const bool ragged = !message.offsets[i].empty();
      offsets.Set(i, ragged ? Napi::Value(ToRowList(env, message.offsets[i])) : env.Null());
    }
    hooks_.CallWithoutContext(
        env, Hook::kMemberCall,
        {ToNumber(env, message.call_id), ToNumber(env, message.tier), ToNumber(env, message.member),
         ToNumber(env, message.count), tensors, ToRowList(env, message.rows),
         ToNumber(env, message.row_call), TimeLeft(env, message.deadline_at),
         Napi::Number::New(env, message.priority), offsets});
  });
}

void CascadeObject::On(Napi::Env env, MemberCancelMessage message) {
  Delivering(env, [&] {
    hooks_.CallWithoutContext(env, Hook::kMemberCancel, {ToNumber(env, message.call_id)});
  });
}

void CascadeObject::On(Napi::Env env, ProfiledMessage message) {
  Delivering(env, [&] {
    if (message.error.ok()) {
      hooks_.Call(env, Hook::kProfiled,
                  {env.Null(), ToTable(env, message.flops, [env](const StatusOr<uint64_t>& flops) {
                     return flops.ok() ? Napi::Value(ToNumber(env, flops.value()))
                                       : Napi::String::New(env, flops.status().message());
                   })});
    } else {
      hooks_.Call(env, Hook::kProfiled, {ToPlainError(env, message.error), env.Null()});
    }
  });
  Arrived(env, 1);
}

void CascadeObject::On(Napi::Env env, HashedMessage message) {
  Delivering(env, [&] {
    if (message.error.ok()) {
      hooks_.Call(env, Hook::kHashed,
                  {env.Null(), ToTable(env, message.sha256, [env](const std::string& hash) {
                     return Napi::String::New(env, hash);
                   })});
    } else {
      hooks_.Call(env, Hook::kHashed, {ToPlainError(env, message.error), env.Null()});
    }
  });
  Arrived(env, 1);
}

void CascadeObject::On(Napi::Env env, InvalidMessage message) {
  const auto& [tier, member, rows, invalid] = message.member;
  const std::initializer_list<napi_value> numbers = {ToNumber(env, tier), ToNumber(env, member),
                                                     ToNumber(env, rows), ToNumber(env, invalid)};
  Delivering(env, [&] { hooks_.Call(env, Hook::kInvalid, numbers); });
}

void CascadeObject::On(Napi::Env env, ClosedMessage) {
  Delivering(env, [&] { hooks_.Call(env, Hook::kClosed, {}); });
  closed_ = true;
  Arrived(env, close_asked_ ? 1 : 0);
}

}  // namespace quorate
