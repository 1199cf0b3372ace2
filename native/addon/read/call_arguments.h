#pragma once

// The arguments of NativeCascade's methods. Wrong ones are kInvalidArgument with a sentence.

#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/request.h"
#include "native/model/host_model.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

// A whole number of 0...`most`; `name` is for the message.
StatusOr<uint64_t> ReadWhole(Napi::Value value, const char* name, uint64_t most);
StatusOr<std::vector<uint32_t>> ReadRowList(Napi::Value value);
// The number of what JavaScript threw; 0: it says none.
uint32_t ReadCause(Napi::Value value);
// Rows of a function member's reply that failed by themselves; none where there is no list.
StatusOr<std::vector<FailedRow>> ReadFailedRows(Napi::Value value);

struct GivenOptions {
  CallOptions options;
  bool copy = false;
};
StatusOr<GivenOptions> ReadCallOptions(Napi::Value value);

// `call.rows` rows of every request tensor, in the arrays. With `stays` they are read later, in
// place, and `borrowed` keeps them alive; without, CopyInputs() must follow at once.
Status ReadInputs(const CascadePlan& plan, Napi::Value inputs, bool stays, Call* call,
                  std::vector<Napi::ObjectReference>* borrowed);

// What a copy of the call's inputs takes.
size_t BytesToCopy(const CascadePlan& plan, const Call& call);

// Copies the inputs into storage of the call's own, of `call->storage_bytes`.
void CopyInputs(const CascadePlan& plan, Call* call);

// A copy of `rows` rows of one request tensor.
StatusOr<std::unique_ptr<uint8_t[]>> CopyTensor(const RequestTensor& tensor, Napi::Value value,
                                                size_t rows);

}  // namespace quorate
