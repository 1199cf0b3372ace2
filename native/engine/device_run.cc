#include "native/engine/device_run.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "native/device/pipeline/result_layout.h"
#include "native/engine/host_batch/failure_search.h"
#include "native/engine/invalid_votes.h"
#include "native/plan/device_tier.h"

namespace quorate {

namespace {

// All rows go to the device together. Where a member fails on them they go again in halves, from
// the host, until the rows are known on which it fails.
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
  using Part = FailureSearch::Range;

  size_t classes() const { return parts_.tier->reduction.classes; }

  size_t BucketOf(size_t count) const {
    const auto& buckets = tier_.options.buckets;
    return *std::lower_bound(buckets.begin(), buckets.end(), count);
  }
  // Of the part; those that fill its bucket are its last one again.
  const RowRef& RowAt(size_t i) const { return rows[part_.first + std::min(i, part_.count - 1)]; }

  void Clear();
  void Submit();
  PipelineBatch NewBatch();
  void FillRows(void* const* staging);
  void FillEvidence(float* sums);

  void OnDone(const PipelineResult& result);
  bool Repeats(const PipelineResult& result);
  void Take(const PipelineResult& result);
  void MakeRoom();
  void TakeOutputs(const PipelineResult& result);
  void FailPart();
  void FailMembers(uint64_t members, const Status& status);
  void AddEarlierEvidence();
  void Tally(const PipelineResult& result);
  void Charge(const PipelineTimes& times);
  void Finish();
  void HandOver();

  const BatchParts parts_;
  DeviceTier& tier_;
  BatchListener* const listener_;
  std::vector<std::vector<uint8_t>> outputs_;  // [members]
  Part part_;                                  // Of the rows, on the device.
  // Of the part. In a search they fill its bucket: what an earlier batch left there might fail.
  size_t host_rows_ = 0;
  bool searching_ = false;
  FailureSearch search_;
  bool has_room_ = false;  // The columns are those of this batch.
  int64_t fill_ns_ = 0;
  std::optional<uint64_t> meter_run_;  // The device has the part.
  std::atomic<bool> cancelled_{false};
};

// --- There ---

void DeviceRun::Start() {
  Clear();
  begun_at = parts_.clock->NowNs();  // Stands for a batch that the pipeline refuses.
  part_ = {0, rows.size()};
  host_rows_ = places.empty() ? rows.size() : 0;
  while (host_rows_ < rows.size() && places[host_rows_].block == nullptr) ++host_rows_;
  Submit();
}

void DeviceRun::Clear() {
  outputs.clear();
  deferred = nullptr;
  failures.clear();
  fit = {};
  reduce_error = Status();
  searching_ = has_room_ = false;
  for (MemberTally& tally : tallies) tally.Clear();
  gather_ns = upload_ns = run_ns = reduce_ns = download_ns = 0;
  bytes_to_device = bytes_to_host = 0;
}

void DeviceRun::Submit() {
  fill_ns_ = 0;
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
  for (size_t i = host_rows_; i < part_.count; ++i) {
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
  const int64_t started = parts_.clock->NowNs();
  meter_run_ = parts_.meter->Begin();
  if (!searching_) begun_at = started;
  for (size_t t = 0; t < tier_.options.inputs.size(); ++t) {
    const BlockTensor& tensor = tier_.options.inputs[t].tensor;
    auto* const target = static_cast<uint8_t*>(staging[t]);
    for (size_t i = 0; i < host_rows_; ++i) {
      memcpy(target + i * tensor.row_bytes, listener_->RowData(RowAt(i), tensor.tensor),
             tensor.row_bytes);
    }
  }
  fill_ns_ = parts_.clock->NowNs() - started;
}

void DeviceRun::FillEvidence(float* sums) {
  const int64_t started = parts_.clock->NowNs();
  for (size_t i = 0; i < std::max(host_rows_, part_.count); ++i) {
    const float* const evidence = listener_->RowEvidence(RowAt(i));
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
  if (meter_run_) Charge(result.times);
  Tally(result);
  if (!Repeats(result)) Take(result);
  if (searching_ && reduce_error.ok() && search_.Next(&part_)) {
    host_rows_ = BucketOf(part_.count);
    return Submit();
  }
  Finish();
  parts_.pool->Submit({[](void* run) { static_cast<DeviceRun*>(run)->HandOver(); }, this});
}

// True: the part's halves run instead. A device that fails answers nobody: only what members
// report is worth it.
bool DeviceRun::Repeats(const PipelineResult& result) {
  const Status& failure = result.status.ok() ? result.member_error : result.status;
  const bool splits = part_.count > 1 && WorthRepeating(failure);
  if (searching_) {
    search_.Ran({failure});
  } else if (splits) {
    search_.Begin(part_.count, {failure});
    searching_ = true;
  }
  return splits;
}

void DeviceRun::Take(const PipelineResult& result) {
  if (!result.status.ok()) {
    FailPart();
    return FailMembers(~uint64_t{0}, result.status);
  }
  MakeRoom();
  if (!reduce_error.ok()) return;
  ColumnWants wants = result.wants;
  wants.rows = part_.count;
  columns.CopyRows(part_.first, wants, result.columns);
  const bool all_failed =
      static_cast<size_t>(std::popcount(result.failed_members)) == tallies.size();
  std::fill_n(columns.all_failed.begin() + static_cast<ptrdiff_t>(part_.first), part_.count,
              uint8_t{all_failed});
  TakeOutputs(result);
  FailMembers(result.failed_members, result.member_error);
  if (!searching_) deferred = result.deferred_rows;
}

// Of all rows of the batch.
void DeviceRun::MakeRoom() {
  if (has_room_) return;
  has_room_ = true;
  reduce_error = columns.Resize(ResultLayout(tier_.options, rows.size(), detail).wants);
  columns.voters.assign(rows.size(), static_cast<uint8_t>(tallies.size()));
  if (detail < Detail::kOutputs) return;
  outputs_.resize(tallies.size());
  for (size_t m = 0; m < outputs_.size(); ++m) {
    outputs_[m].assign(rows.size() * tier_.options.members[m].ReducedRowBytes(), 0xFF);
    outputs.push_back(outputs_[m].data());
  }
}

void DeviceRun::TakeOutputs(const PipelineResult& result) {
  if (detail < Detail::kOutputs) return;
  for (size_t m = 0; m < result.outputs.size(); ++m) {
    if (result.outputs[m] == nullptr) continue;
    const size_t row_bytes = tier_.options.members[m].ReducedRowBytes();
    memcpy(outputs_[m].data() + part_.first * row_bytes, result.outputs[m],
           part_.count * row_bytes);
  }
}

// As if every member had failed: the tier's policy says what becomes of the rows.
void DeviceRun::FailPart() {
  MakeRoom();
  if (!reduce_error.ok()) return;
  columns.Silence(part_.first, part_.count);
  const ReductionColumns part = columns.From(part_.first);
  if (part.sums != nullptr) {
    host_rows_ = 0;  // No more than the part's.
    if (tier_.options.evidence_in) FillEvidence(part.sums);
  }
}

void DeviceRun::FailMembers(uint64_t members, const Status& status) {
  if (members == 0) return;
  const auto error = std::make_shared<const Status>(status);
  const auto first = static_cast<uint32_t>(part_.first);
  for (uint32_t i = 0; i < part_.count; ++i) {
    for (uint32_t m = 0; m < tallies.size(); ++m) {
      if ((members >> m & 1) != 0) failures.push_back({first + i, m, error});
    }
  }
  if (status.code() == StatusCode::kAborted) return;
  for (size_t m = 0; m < tallies.size(); ++m) {
    if ((members >> m & 1) == 0) continue;
    tallies[m].rows_failed += part_.count;
    if (WorthRepeating(status)) tallies[m].rows_blamed += part_.count;
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

void DeviceRun::Tally(const PipelineResult& result) {
  const size_t n = part_.count;
  const size_t padded = BucketOf(n) - n;
  const bool answered = result.status.ok();
  const bool ran = result.status.code() != StatusCode::kAborted;
  const PipelineTimes& times = result.times;
  for (size_t m = 0; m < tallies.size(); ++m) {
    const bool failed = !answered || (result.failed_members >> m & 1) != 0;
    MemberTally& tally = tallies[m];
    if (!searching_) tally.rows_run = ran ? n : 0;
    tally.rows_padded += failed ? 0 : padded;
    tally.run_ns += m < times.member_ns.size() ? static_cast<uint64_t>(times.member_ns[m]) : 0;
    tally.extra_runs += searching_;
    tally.rows_repeated += searching_ ? n : 0;
  }
  gather_ns += fill_ns_ + times.gather_ns;
  upload_ns += times.upload_ns;
  run_ns += times.run_ns;
  reduce_ns += times.reduce_ns;
  download_ns += times.download_ns;
  if (!answered) return;
  for (const PipelineInput& input : tier_.options.inputs) {
    bytes_to_device += host_rows_ * input.tensor.row_bytes;
  }
  if (tier_.options.evidence_in) bytes_to_device += n * classes() * sizeof(float);
  bytes_to_host += ResultLayout(tier_.options, n, detail).bytes;
  for (size_t m = 0; m < result.outputs.size(); ++m) {
    if (result.outputs[m] != nullptr)
      bytes_to_host += n * tier_.options.members[m].ReducedRowBytes();
  }
}

// The device's time for this part, by what each member took.
void DeviceRun::Charge(const PipelineTimes& times) {
  const uint64_t busy_ns = parts_.meter->End(*meter_run_);
  meter_run_.reset();
  const auto taken = [&times](size_t m) {
    return m < times.member_ns.size() ? static_cast<double>(times.member_ns[m]) : 0.0;
  };
  double total = 0;
  for (size_t m = 0; m < tallies.size(); ++m) total += taken(m);
  uint64_t charged = 0;
  double sum = 0;
  for (size_t m = 0; m < tallies.size(); ++m) {
    sum += total > 0 ? taken(m) / total : 1.0 / static_cast<double>(tallies.size());
    const bool last = m + 1 == tallies.size();
    const auto until = last ? busy_ns : static_cast<uint64_t>(static_cast<double>(busy_ns) * sum);
    const uint64_t part = std::min(until, busy_ns) - charged;
    tallies[m].busy_ns += part;
    charged += part;
  }
}

void DeviceRun::Finish() {
  if (!reduce_error.ok()) return;
  CountInvalidVotes(*parts_.tier, nullptr, this);
  AddEarlierEvidence();
  if (!searching_) return;
  const RunReport report = search_.Take();
  fit = {report.rows_that_fit, report.rows_in_memory};
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
