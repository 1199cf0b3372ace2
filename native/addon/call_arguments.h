#pragma once

// The arguments of NativeCascade's methods. Wrong ones are kInvalidArgument with a sentence.

#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/cascade_plan.h"
#include "native/engine/request.h"

namespace quorate {

// A whole number of 0...`most`; `name` is for the message.
StatusOr<uint64_t> ReadWhole(Napi::Value value, const char* name, uint64_t most);
StatusOr<std::vector<uint32_t>> ReadRowList(Napi::Value value);

struct GivenOptions {
  CallOptions options;
  bool copy = false;
};
StatusOr<GivenOptions> ReadCallOptions(Napi::Value value);

// `call.rows` rows of every request tensor. With `copy` they go into call.storage; without, the
// call reads the arrays in place and `borrowed` keeps them alive.
Status ReadInputs(const CascadePlan& plan, Napi::Value inputs, bool copy, Call* call,
                  std::vector<Napi::ObjectReference>* borrowed);

// A copy of `rows` rows of one request tensor.
StatusOr<std::unique_ptr<uint8_t[]>> CopyTensor(const RequestTensor& tensor, Napi::Value value,
                                                size_t rows);

}  // namespace quorate
