#pragma once

#include <string>
#include <vector>

#include "native/addon/napi_config.h"
#include "native/base/clock.h"
#include "native/plan/cascade_spec.h"

namespace quorate {

constexpr int64_t kMostNs = 1'000'000'000'000'000'000;  // About thirty years.

struct ParsedMember {
  MemberSpec spec;  // A function member still lacks make_function.
  bool is_function = false;
  int64_t timeout_ns = kForever;
  bool splits_on_failure = false;
};

// NativeMember of the contract. `where` is what messages call it; what is wrong goes to `problem`.
ParsedMember ReadMember(Napi::Value value, const std::string& where, Status* problem);

// [string, X]: returns X.
Napi::Value ReadPair(Napi::Value value, const std::string& where, std::string* first,
                     Status* problem);

// Sizes of at least 1.
// Pushes { name, type, shape, data } to `constants`.
void ReadConstant(Napi::Value value, const std::string& where,
                  std::vector<ConstantInput>* constants, Status* problem);

void ReadShape(Napi::Value value, const std::string& where, std::vector<int64_t>* shape,
               Status* problem);

}  // namespace quorate
