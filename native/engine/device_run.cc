#include "native/engine/device_run.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "native/device/pipeline/result_layout.h"
#include "native/engine/invalid_votes.h"
#include "native/plan/device_tier.h"

namespace quorate {

namespace {

class DeviceRun final : public BatchRun {
 public:
  DeviceRun(const BatchParts& parts, BatchListener* listener)
      : parts_(parts), tier_(*parts.tier->on_device), listener_(listener) {
    tallies = std::vector<MemberTally>(parts.tier->members.size());
  }

  void Start() override;
  void Cancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void ForgetCancel() override { cancelled_.store(false, std::memory_order_relaxed); }

 private:
  size_t classes() const { return parts_.tier->reduction.classes; }

  PipelineBatch NewBatch();
  void FillRows(void* const* staging);
  void FillEvidence(float* sums);

  void OnDone(const PipelineResult& result);
  void TakeColumns(const PipelineResult& result);
  void TakeOutputs(const PipelineResult& result);
  void AddEarlierEvidence();
  void FailAll(const Status& status);
  void Tally(const PipelineResult& result);
  void HandOver();

  const BatchParts parts_;
  DeviceTier& tier_;
  BatchListener* const listener_;
  std::vector<std::vector<uint8_t>> outputs_;  // [members]
  size_t host_rows_ = 0;
  int64_t fill_ns_ = 0;
  std::atomic<bool> cancelled_{false};
};

// --- There ---

void DeviceRun::Start() {
  outputs.clear();
  deferred = nullptr;
  begun_at = parts_.clock->NowNs();  // Stands for a batch that the pipeline refuses.
  fill_ns_ = 0;
  host_rows_ = places.empty() ? rows.size() : 0;
  while (host_rows_ < rows.size() && places[host_rows_].block == nullptr) ++host_rows_;
  const Status status = tier_.pipeline->Submit(NewBatch());
  if (status.ok()) return;
  PipelineResult refused;
  refused.status = status;
  OnDone(refused);
}

PipelineBatch DeviceRun::NewBatch() {
  PipelineBatch batch;
  batch.host_rows = host_rows_;
  batch.fill = [this](void* const* staging) { FillRows(staging); };
  for (size_t i = host_rows_; i < rows.size(); ++i) {
    const RowPlace& place = places[i];
    if (!batch.segments.empty()) {
      RowSegment& last = batch.segments.back();
      if (last.block == place.block && last.first + last.count == place.index) {
        ++last.count;
        continue;
      }
    }
    batch.segments.push_back({place.block, place.index, 1});
  }
  places.clear();  // The batch holds the blocks as long as it needs them.
  batch.fill_evidence = [this](float* sums) { FillEvidence(sums); };
  batch.rule = point->rules[parts_.tier_index];
  batch.detail = detail;
  batch.cancelled = &cancelled_;
  batch.done = [this](const PipelineResult& result) { OnDone(result); };
  return batch;
}

void DeviceRun::FillRows(void* const* staging) {
  begun_at = parts_.clock->NowNs();
  for (size_t t = 0; t < tier_.options.inputs.size(); ++t) {
    const BlockTensor& tensor = tier_.options.inputs[t].tensor;
    auto* const target = static_cast<uint8_t*>(staging[t]);
    for (size_t i = 0; i < host_rows_; ++i) {
      memcpy(target + i * tensor.row_bytes, listener_->RowData(rows[i], tensor.tensor),
             tensor.row_bytes);
    }
  }
  fill_ns_ = parts_.clock->NowNs() - begun_at;
}

void DeviceRun::FillEvidence(float* sums) {
  const int64_t started = parts_.clock->NowNs();
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* const evidence = listener_->RowEvidence(rows[i]);
    float* const target = sums + i * classes();
    if (evidence != nullptr) {
      std::copy_n(evidence, classes(), target);
    } else {
      std::fill_n(target, classes(), 0.0f);
    }
  }
  fill_ns_ += parts_.clock->NowNs() - started;
}

// --- And back ---

void DeviceRun::OnDone(const PipelineResult& result) {
  reduce_error = Status();
  for (MemberTally& tally : tallies) tally.rows_invalid = 0;
  if (result.status.ok()) {
    TakeColumns(result);
  } else {
    FailAll(result.status);
  }
  Tally(result);
  parts_.pool->Submit({[](void* run) { static_cast<DeviceRun*>(run)->HandOver(); }, this});
}

void DeviceRun::TakeColumns(const PipelineResult& result) {
  const size_t k = tallies.size();
  reduce_error = columns.CopyFrom(result.wants, result.block);
  if (!reduce_error.ok()) return;
  columns.voters.assign(rows.size(), static_cast<uint8_t>(k));
  const bool all_failed = static_cast<size_t>(std::popcount(result.failed_members)) == k;
  columns.all_failed.assign(rows.size(), all_failed);
  CountInvalidVotes(*parts_.tier, nullptr, result.failed_members, this);
  TakeOutputs(result);
  first_error = result.member_error;
  deferred = result.deferred_rows;
  AddEarlierEvidence();
}

void DeviceRun::TakeOutputs(const PipelineResult& result) {
  if (detail < Detail::kOutputs) return;
  outputs_.resize(tallies.size());
  for (size_t m = 0; m < outputs_.size(); ++m) {
    const size_t bytes = rows.size() * tier_.options.members[m].ReducedRowBytes();
    outputs_[m].assign(bytes, 0xFF);
    if (m < result.outputs.size() && result.outputs[m] != nullptr)
      memcpy(outputs_[m].data(), result.outputs[m], bytes);
    outputs.push_back(outputs_[m].data());
  }
}

// Evidence passes through a tier that does not use it itself.
void DeviceRun::AddEarlierEvidence() {
  if (tier_.options.evidence_in || columns.sums == nullptr) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* const evidence = listener_->RowEvidence(rows[i]);
    for (size_t c = 0; evidence != nullptr && c < classes(); ++c) {
      columns.sums[i * classes() + c] += evidence[c];
    }
  }
}

// As if every member had failed: the tier's policy says what becomes of the rows.
void DeviceRun::FailAll(const Status& status) {
  const size_t n = rows.size();
  ColumnWants wants;
  wants.rows = n;
  reduce_error = columns.Resize(wants);
  if (!reduce_error.ok()) return;
  TakeOutputs(PipelineResult());
  std::fill_n(columns.label, n, -1);
  std::fill_n(columns.votes, n, uint8_t{0});
  std::fill_n(columns.flags, n, uint8_t{0});
  columns.voters.assign(n, static_cast<uint8_t>(tallies.size()));
  columns.all_failed.assign(n, 1);
  first_error = status;
}

void DeviceRun::Tally(const PipelineResult& result) {
  const size_t n = rows.size();
  const auto& buckets = tier_.options.buckets;
  const size_t padded = *std::lower_bound(buckets.begin(), buckets.end(), n) - n;
  const bool answered = result.status.ok();
  const bool ran = result.status.code() != StatusCode::kAborted;
  const PipelineTimes& times = result.times;
  for (size_t m = 0; m < tallies.size(); ++m) {
    const bool failed = !answered || (result.failed_members >> m & 1) != 0;
    const int64_t ns = m < times.member_ns.size() ? times.member_ns[m] : 0;
    tallies[m].rows_run = ran ? n : 0;
    tallies[m].rows_failed = ran && failed ? n : 0;
    tallies[m].rows_padded = failed ? 0 : padded;
    tallies[m].run_ns = static_cast<uint64_t>(ns);
  }
  gather_ns = fill_ns_ + times.gather_ns;
  upload_ns = times.upload_ns;
  run_ns = times.run_ns;
  reduce_ns = times.reduce_ns;
  download_ns = times.download_ns;
  bytes_to_device = bytes_to_host = 0;
  if (!answered) return;
  for (const PipelineInput& input : tier_.options.inputs) {
    bytes_to_device += host_rows_ * input.tensor.row_bytes;
  }
  if (tier_.options.evidence_in) bytes_to_device += n * classes() * sizeof(float);
  bytes_to_host = ResultLayout(tier_.options, n, detail).bytes;
  for (const auto& output : outputs_) bytes_to_host += outputs.empty() ? 0 : output.size();
}

void DeviceRun::HandOver() { listener_->OnBatchOver(this); }

}  // namespace

void OrderByPlace(BatchRun* run) {
  if (run->places.empty()) return;
  const size_t n = run->rows.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [run](size_t a, size_t b) {
    const RowPlace& x = run->places[a];
    const RowPlace& y = run->places[b];
    if (x.block != y.block) return std::less<RowBlock*>()(x.block.get(), y.block.get());
    return x.block == nullptr ? a < b : x.index < y.index;
  });
  std::vector<RowRef> rows(n);
  std::vector<RowPlace> places(n);
  for (size_t i = 0; i < n; ++i) {
    rows[i] = run->rows[order[i]];
    places[i] = std::move(run->places[order[i]]);
  }
  run->rows = std::move(rows);
  run->places = std::move(places);
}

std::unique_ptr<BatchRun> NewDeviceRun(const BatchParts& parts, BatchListener* listener) {
  return std::make_unique<DeviceRun>(parts, listener);
}

}  // namespace quorate
