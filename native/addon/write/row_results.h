#pragma once

#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/answers.h"

namespace quorate {

// NativeRows of the contract: single rows on their way to JavaScript. One object with arrays of
// kCapacity rows, made once and filled anew for every delivery: making arrays costs more than
// filling them. JavaScript thread only.
class RowResults {
 public:
  static constexpr size_t kCapacity = 256;

  // `measures`: the bits of the measures to report.
  explicit RowResults(uint8_t measures) : measures_(measures) {}

  // The object with up to kCapacity of the rows from `first` on. Moves `*first` behind them.
  Napi::Object Take(Napi::Env env, std::vector<FinishedRow>* rows, size_t* first);

 private:
  void Make(Napi::Env env);
  void SetErrors(Napi::Env env, const std::vector<Status>& errors);

  const uint8_t measures_;
  Napi::ObjectReference object_;
  Napi::Reference<Napi::ArrayBuffer> memory_;
  std::vector<RowResult> results_;
  bool has_errors_ = false;
  bool has_traces_ = false;
};

}  // namespace quorate
