#pragma once

// What one would write with ONNX Runtime's provider alone: members one after the other with tensors
// of the host in and out, votes and gathering on the host. The rival of tiers on a device.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/native/addon/bound_run.h"
#include "native/addon/process_services.h"
#include "native/base/aligned_buffer.h"
#include "native/kernels/kernels.h"

namespace quorate::bench {

struct HostVotesTier {
  std::vector<std::string> members;  // Paths of models of one float32 input and float32 logits.
  size_t votes = 1;                  // With which a row leaves; not used at the last tier.
};

struct HostVotesSpec {
  RuntimePaths paths;
  std::string device;
  std::vector<HostVotesTier> tiers;
  size_t batch_rows = 0;
};

// Made, used and destroyed on one thread, as the provider likes it.
class HostVotes {
 public:
  static StatusOr<std::unique_ptr<HostVotes>> Open(const HostVotesSpec& spec);

  size_t row_size() const { return tiers_.front().members.front()->input_row; }  // Floats.

  // The labels of `count` rows, batch by batch through all tiers.
  Status Run(const float* rows, size_t count, int32_t* labels);

 private:
  struct Tier {
    std::vector<std::shared_ptr<const BenchModel>> members;
    Reduction plan;
    RuleProgram rule;
    std::vector<AlignedBuffer> outputs;  // One per member.
    AlignedBuffer deferred;              // Rows for the next tier.
  };

  explicit HostVotes(size_t batch_rows);
  Status AddTier(const ort::ApiLibrary* library, const ort::SessionConfig& config,
                 const HostVotesTier& spec, bool last);
  Status RunBatch(const float* rows, size_t count, int32_t* labels);
  // Fills the columns for `count` rows.
  Status RunTier(Tier& tier, const float* rows, size_t count);

  const size_t batch_rows_;
  const std::unique_ptr<Kernels> kernels_ = NewCpuKernels();
  std::vector<Tier> tiers_;
  // Columns of the batch's rows at a tier, and where in the batch they are from.
  std::vector<int32_t> labels_;
  std::vector<uint8_t> votes_;
  std::vector<uint8_t> flags_;
  std::vector<uint32_t> list_;
  std::vector<uint32_t> origin_;
};

}  // namespace quorate::bench
