#include "bench/native/addon/single_run.h"

#include <algorithm>
#include <chrono>

#include "bench/native/addon/bound_run.h"

namespace quorate::bench {

Status SingleRun::Work() {
  using Clock = std::chrono::steady_clock;
  QUORATE_ASSIGN_OR_RETURN(const ort::ApiLibrary* library, ort::ApiLibrary::Get(runtime_paths_));
  QUORATE_ASSIGN_OR_RETURN(const std::shared_ptr<const BenchModel> model,
                           LoadBenchModel(library, model_));
  const std::vector<float> input(model->input_row, 0.5f);
  std::vector<uint8_t> output(model->output_row_bytes);
  QUORATE_ASSIGN_OR_RETURN(const BoundRun run,
                           BoundRun::Create(model, input.data(), 1, output.data()));
  for (size_t i = 0; i < samples_us_.size() / 5; ++i) QUORATE_RETURN_IF_ERROR(run.Run());
  for (double& sample : samples_us_) {
    const auto start = Clock::now();
    QUORATE_RETURN_IF_ERROR(run.Run());
    sample = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  }
  return {};
}

Napi::Value SingleRun::Result(Napi::Env env) const {
  auto samples = Napi::Float64Array::New(env, samples_us_.size());
  std::copy(samples_us_.begin(), samples_us_.end(), samples.Data());
  return samples;
}

}  // namespace quorate::bench
