#include "bench/native/addon/host_votes.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "native/cuda_setup/inspect.h"
#include "native/model/place.h"
#include "native/ort/device/cuda_provider.h"
#include "native/ort/ort_loader.h"

namespace quorate::bench {
namespace {

RuleProgram VotesRule(size_t votes) {
  RuleProgram rule;
  rule.count = 1;
  rule.ops[0].kind = RuleKind::kVotes;
  rule.ops[0].votes = static_cast<uint16_t>(votes);
  return rule;
}

// Opens what sessions on a CUDA device need.
StatusOr<ort::SessionConfig> ConfigFor(const ort::ApiLibrary& library, const CudaSearch& search,
                                       const std::string& device) {
  ort::SessionConfig config;
  const std::optional<Place> place = ParsePlace(device);
  if (place == OnCpu()) return config;
  if (!place.has_value() || place->kind != Place::Kind::kCuda) {
    return Status(StatusCode::kDevice, "device '" + device + "': expected cpu, cuda or cuda:N");
  }
  const int ordinal = place->index;
  const CudaReport report =
      InspectCuda({library.path(), library.version()}, search, ordinal, Inspection::kUntilProblem);
  if (!report.problem.empty()) return Status(StatusCode::kDevice, report.problem);
  QUORATE_RETURN_IF_ERROR(ort::OpenCudaProvider(library, report, ordinal));
  config.cuda = ort::CudaSessionOptions{ordinal, nullptr, {}};
  return config;
}

}  // namespace

StatusOr<std::unique_ptr<HostVotes>> HostVotes::Open(const HostVotesSpec& spec) {
  const auto empty = [](const HostVotesTier& tier) { return tier.members.empty(); };
  if (spec.tiers.empty() || std::any_of(spec.tiers.begin(), spec.tiers.end(), empty)) {
    return Status(StatusCode::kInvalidArgument, "host votes need tiers with members");
  }
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<ort::OrtModelLoader> loader,
                           ort::OrtModelLoader::Create(spec.paths.libraries, spec.paths.cuda));
  const ort::ApiLibrary& library = loader->library();
  QUORATE_ASSIGN_OR_RETURN(const ort::SessionConfig config,
                           ConfigFor(library, spec.paths.cuda, spec.device));
  std::unique_ptr<HostVotes> self(new HostVotes(spec.batch_rows));
  for (const HostVotesTier& tier : spec.tiers) {
    QUORATE_RETURN_IF_ERROR(self->AddTier(&library, config, tier, &tier == &spec.tiers.back()));
  }
  return self;
}

HostVotes::HostVotes(size_t batch_rows)
    : batch_rows_(batch_rows),
      labels_(batch_rows),
      votes_(batch_rows),
      flags_(batch_rows),
      list_(batch_rows),
      origin_(batch_rows) {}

Status HostVotes::AddTier(const ort::ApiLibrary* library, const ort::SessionConfig& config,
                          const HostVotesTier& spec, bool last) {
  Tier tier;
  for (const std::string& path : spec.members) {
    QUORATE_ASSIGN_OR_RETURN(const std::shared_ptr<const BenchModel> model,
                             LoadBenchModel(library, path, config));
    AlignedBuffer output;
    output.Reserve(batch_rows_ * model->output_row_bytes);
    tier.outputs.push_back(std::move(output));
    tier.members.push_back(model);
  }
  const BenchModel& first = *tier.members.front();
  tier.plan.members = static_cast<uint32_t>(tier.members.size());
  tier.plan.classes = static_cast<uint32_t>(first.output_row_bytes / sizeof(float));
  tier.plan.last = last;
  if (!last) tier.rule = VotesRule(spec.votes);
  tier.deferred.Reserve(batch_rows_ * first.input_row * sizeof(float));
  tiers_.push_back(std::move(tier));
  return {};
}

Status HostVotes::Run(const float* rows, size_t count, int32_t* labels) {
  for (size_t first = 0; first < count; first += batch_rows_) {
    QUORATE_RETURN_IF_ERROR(
        RunBatch(rows + first * row_size(), std::min(batch_rows_, count - first), labels + first));
  }
  return {};
}

Status HostVotes::RunBatch(const float* rows, size_t count, int32_t* labels) {
  std::iota(origin_.begin(), origin_.end(), 0u);
  for (Tier& tier : tiers_) {
    QUORATE_RETURN_IF_ERROR(RunTier(tier, rows, count));
    for (size_t i = 0; i < count; ++i) labels[origin_[i]] = labels_[i];
    uint32_t deferred = 0;
    QUORATE_RETURN_IF_ERROR(
        kernels_->Compact(flags_.data(), count, list_.data(), &deferred, nullptr));
    if (deferred == 0) break;
    QUORATE_RETURN_IF_ERROR(kernels_->Gather(rows, row_size() * sizeof(float), list_.data(),
                                             deferred, tier.deferred.data(), nullptr));
    for (size_t i = 0; i < deferred; ++i) origin_[i] = origin_[list_[i]];
    rows = reinterpret_cast<const float*>(tier.deferred.data());
    count = deferred;
  }
  return {};
}

Status HostVotes::RunTier(Tier& tier, const float* rows, size_t count) {
  std::vector<MemberOutput> outputs(tier.members.size());
  for (size_t j = 0; j < tier.members.size(); ++j) {
    // Bound anew for each batch: binding copies the rows to the device, as a call of Run() would.
    QUORATE_ASSIGN_OR_RETURN(
        const BoundRun run, BoundRun::Create(tier.members[j], rows, count, tier.outputs[j].data()));
    QUORATE_RETURN_IF_ERROR(run.Run());
    outputs[j].data = tier.outputs[j].data();
    outputs[j].width = tier.plan.classes;
  }
  ReductionColumns columns;
  columns.label = labels_.data();
  columns.votes = votes_.data();
  columns.flags = flags_.data();
  return kernels_->Reduce(tier.plan, tier.rule, outputs.data(), count, {}, columns, nullptr);
}

}  // namespace quorate::bench
