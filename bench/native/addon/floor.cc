#include "bench/native/addon/floor.h"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "native/scheduler/cores.h"

namespace quorate::bench {
namespace {

Status OutOfMemory() { return {StatusCode::kInvalidArgument, "no memory for the floor's rows"}; }

Status Check(const FloorSpec& spec) {
  bool ok = !spec.tiers.empty() && spec.batch_rows > 0 && spec.passes > 0;
  for (const FloorTierSpec& tier : spec.tiers) ok = ok && !tier.members.empty() && tier.rows > 0;
  if (ok) return {};
  return {StatusCode::kInvalidArgument,
          "a floor needs tiers with members and rows, batchRows and passes of at least 1"};
}

void FillRandom(float* data, size_t count) {
  std::minstd_rand random(1);
  for (size_t i = 0; i < count; ++i) data[i] = static_cast<float>(random() % 1024) / 1024.0f;
}

}  // namespace

StatusOr<std::unique_ptr<Floor>> Floor::Open(const FloorSpec& spec, std::function<void()> done) {
  QUORATE_RETURN_IF_ERROR(Check(spec));
  QUORATE_ASSIGN_OR_RETURN(const ort::ApiLibrary* library,
                           ort::ApiLibrary::Get(spec.runtime_paths));
  std::unique_ptr<Floor> floor(new Floor(spec.threads == 0 ? AvailableCores().count : spec.threads,
                                         spec.passes, std::move(done)));
  std::map<std::string, std::shared_ptr<const BenchModel>> loaded;
  for (const FloorTierSpec& tier : spec.tiers) {
    std::vector<std::shared_ptr<const BenchModel>> members;
    for (const std::string& path : tier.members) {
      std::shared_ptr<const BenchModel>& model = loaded[path];
      if (model == nullptr) {
        QUORATE_ASSIGN_OR_RETURN(model, LoadBenchModel(library, path));
      }
      members.push_back(model);
    }
    QUORATE_RETURN_IF_ERROR(floor->AddTier(members, tier.rows, spec.batch_rows));
  }
  floor->StartThreads();
  return floor;
}

Floor::Floor(size_t threads, size_t passes, std::function<void()> done)
    : thread_count_(threads), passes_(passes), done_(std::move(done)), barrier_(threads) {}

Status Floor::AddTier(const std::vector<std::shared_ptr<const BenchModel>>& members, size_t rows,
                      size_t batch_rows) {
  Tier tier;
  const size_t input_row = members.front()->input_row;
  auto* const input =
      reinterpret_cast<float*>(tier.input.Reserve(rows * input_row * sizeof(float)));
  if (input == nullptr) return OutOfMemory();
  FillRandom(input, rows * input_row);
  for (const auto& model : members) {
    if (model->input_row != input_row) {
      return {StatusCode::kInvalidArgument, "members of one tier take rows of different sizes"};
    }
    AlignedBuffer output;
    uint8_t* const to = output.Reserve(rows * model->output_row_bytes);
    if (to == nullptr) return OutOfMemory();
    for (size_t first = 0; first < rows; first += batch_rows) {
      QUORATE_ASSIGN_OR_RETURN(
          BoundRun run,
          BoundRun::Create(model, input + first * input_row, std::min(batch_rows, rows - first),
                           to + first * model->output_row_bytes));
      QUORATE_RETURN_IF_ERROR(run.Run());
      tier.runs.push_back(std::move(run));
    }
    tier.outputs.push_back(std::move(output));
  }
  tiers_.push_back(std::move(tier));
  return {};
}

void Floor::StartThreads() {
  for (size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { Work(); });
}

Floor::~Floor() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Floor::Start() {
  {
    std::lock_guard lock(mutex_);
    failure_ = {};
    ++runs_wanted_;
  }
  wake_.notify_all();
}

StatusOr<double> Floor::Figures() {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  return ms_;
}

bool Floor::WaitForStart(uint64_t* runs_seen) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return stop_ || runs_wanted_ > *runs_seen; });
  if (runs_wanted_ == *runs_seen) return false;
  ++*runs_seen;
  return true;
}

void Floor::Work() {
  uint64_t runs_seen = 0;
  while (WaitForStart(&runs_seen)) {
    barrier_.Wait([this] { AtBarrier(); });
    for (size_t pass = 0; pass < passes_; ++pass) {
      for (const Tier& tier : tiers_) {
        RunTier(tier);
        barrier_.Wait([this] { AtBarrier(); });
      }
    }
  }
}

void Floor::RunTier(const Tier& tier) {
  for (size_t i = 0; (i = next_.fetch_add(1, std::memory_order_relaxed)) < tier.runs.size();) {
    Status status = tier.runs[i].Run();
    if (status.ok()) continue;
    std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = std::move(status);
  }
}

// By the last thread of a barrier, while the others wait. The first barrier starts the clock.
void Floor::AtBarrier() {
  next_.store(0, std::memory_order_relaxed);
  if (step_ == 0) start_ = Clock::now();
  if (step_++ < passes_ * tiers_.size()) return;
  ms_ = std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
  step_ = 0;
  done_();
}

}  // namespace quorate::bench
