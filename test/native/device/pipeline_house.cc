#include "test/native/device/pipeline_house.h"

#include <cstring>
#include <utility>

#include "test/native/fakes/rules.h"

namespace quorate {
namespace {

template <typename T>
std::vector<T> Copied(const T* column, size_t rows) {
  return column == nullptr ? std::vector<T>() : std::vector<T>(column, column + rows);
}

template <typename T>
bool SameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

ReductionPlan PlanOf(const HouseTier& tier) {
  ReductionPlan plan;
  plan.members = tier.members;
  plan.classes = kHouseClasses;
  plan.measures = kScore | kMargin;
  plan.last = tier.last;
  if (!tier.last) {
    plan.rule = Rule({Op(RuleKind::kVotes, tier.members, 0), Op(RuleKind::kScore, 0, 0.3f),
                      Op(RuleKind::kAllOf, 2, 0)});
  }
  return plan;
}

}  // namespace

// --- Rows and answers ---

HouseRows::HouseRows(std::vector<uint32_t> ids) : ids_(std::move(ids)) {
  bytes_.resize(ids_.size() * kHouseRowBytes);
  for (size_t r = 0; r < ids_.size(); ++r) {
    const uint32_t numbers[3] = {ids_[r], ids_[r] * 31 + 7, ~ids_[r]};
    std::memcpy(&bytes_[r * kHouseRowBytes], numbers, kHouseRowBytes);
  }
}

HouseRows HouseRows::Subset(const std::vector<uint32_t>& rows) const {
  std::vector<uint32_t> ids;
  for (const uint32_t row : rows) ids.push_back(ids_[row]);
  return HouseRows(std::move(ids));
}

HouseRows Counting(uint32_t first, size_t count) {
  std::vector<uint32_t> ids(count);
  for (size_t i = 0; i < count; ++i) ids[i] = first + static_cast<uint32_t>(i);
  return HouseRows(std::move(ids));
}

bool Answer::SameAs(const Answer& other) const {
  return status.code() == other.status.code() && SameBits(labels, other.labels) &&
         SameBits(votes, other.votes) && SameBits(flags, other.flags) &&
         SameBits(score, other.score) && SameBits(margin, other.margin) &&
         SameBits(deferred, other.deferred);
}

// --- A tier ---

std::shared_ptr<Lane> NewLane(Device* device, const std::string& name, const LaneModel& model,
                              uint32_t synchronise_every) {
  LaneOptions options;
  options.name = name;
  options.open = [&](DeviceStream*) { return StatusOr<LaneModel>(model); };
  options.synchronise_every = synchronise_every;
  return Lane::Create(device, std::move(options)).value();
}

TierHouse::TierHouse(sim::SimulatedMachine* machine, const HouseTier& spec, bool one_arena)
    : tier(spec), device(machine->device(spec.device)) {
  for (uint32_t k = 0; k < tier.members; ++k) {
    const FakeLaneOptions options = {tier.seed + k, kHouseRowBytes, kHouseClasses,
                                     tier.buckets.back()};
    FakeLaneModel* const arena_of = one_arena && k > 0 ? models[0].get() : nullptr;
    models.push_back(std::make_shared<FakeLaneModel>(device, options, arena_of));
    lanes.push_back(NewLane(
        device, tier.name + " member " + std::to_string(k),
        [model = models.back().get()](const LaneRun& run) { return model->Run(run); },
        tier.synchronise_every));
  }
}

TierHouse::TierHouse(sim::SimulatedMachine* machine, const HouseTier& spec,
                     const TierHouse& lanes_of)
    : tier(spec),
      device(machine->device(spec.device)),
      models(lanes_of.models),
      lanes(lanes_of.lanes) {}

TierHouse::~TierHouse() {
  pipeline.reset();
  lanes.clear();
}

PipelineOptions TierHouse::Options() const {
  PipelineOptions options;
  options.name = tier.name;
  options.inputs = {{{0, kHouseRowBytes}, !tier.last}};
  for (const auto& lane : lanes) {
    options.members.push_back(
        {lane, OutputKind::kLogits, ElementType::kFloat32, 1.0f, kHouseClasses});
  }
  options.plan = PlanOf(tier);
  options.buckets = tier.buckets;
  options.slots = tier.slots;
  options.deferred_blocks = tier.last ? 0 : tier.deferred_blocks;
  options.warm_up = tier.warm_up;
  options.without_guards_for_test = tier.without_guards;
  return options;
}

Status TierHouse::Open() {
  StatusOr<std::unique_ptr<Pipeline>> made = Pipeline::Create(device, kernels.get(), Options());
  if (made.ok()) pipeline = std::move(made).value();
  return made.status();
}

PipelineBatch TierHouse::Batch(const HouseRows& rows) {
  PipelineBatch batch;
  batch.host_rows = rows.size();
  batch.fill = [rows](void* const* staging) {
    std::memcpy(staging[0], rows.data(), rows.size() * kHouseRowBytes);
  };
  return batch;
}

PipelineBatch TierHouse::Batch(std::shared_ptr<RowBlock> block, size_t count) {
  PipelineBatch batch;
  batch.segments = {{std::move(block), 0, count}};
  return batch;
}

Answer TierHouse::AnswerOf(const PipelineResult& result) {
  Answer answer;
  answer.status = result.status;
  answer.failed_members = result.failed_members;
  if (!result.status.ok()) return answer;
  const PipelineColumns& columns = result.columns;
  answer.labels = Copied(columns.labels, result.rows);
  answer.votes = Copied(columns.votes, result.rows);
  answer.flags = Copied(columns.flags, result.rows);
  answer.score = Copied(columns.score, result.rows);
  answer.margin = Copied(columns.margin, result.rows);
  answer.deferred = Copied(columns.deferred, result.deferred_count);
  answer.deferred_rows = result.deferred_rows;
  return answer;
}

Answer TierHouse::Run(PipelineBatch batch) {
  AnswerBox box;
  batch.done = box.Slot(0);
  const Status status = pipeline->Submit(std::move(batch));
  if (status.ok()) return box.Await(1)[0];
  Answer refused;
  refused.status = status;
  return refused;
}

Answer TierHouse::Expected(const HouseRows& rows, uint64_t failed_members) const {
  const size_t n = rows.size();
  std::vector<std::vector<float>> scores(tier.members);
  std::vector<MemberOutput> outputs(tier.members);
  for (uint32_t k = 0; k < tier.members; ++k) {
    outputs[k] = {nullptr, ElementType::kFloat32, OutputKind::kLogits, 1.0f, kHouseClasses};
    if ((failed_members >> k & 1) != 0) continue;
    scores[k].resize(n * kHouseClasses);
    for (size_t r = 0; r < n; ++r) {
      FakeScores(tier.seed + k, rows.data() + r * kHouseRowBytes, kHouseRowBytes, kHouseClasses,
                 &scores[k][r * kHouseClasses]);
    }
    outputs[k].data = scores[k].data();
  }
  Answer answer;
  answer.failed_members = failed_members;
  answer.labels.resize(n);
  answer.votes.resize(n);
  answer.flags.resize(n);
  answer.score.resize(n);
  answer.margin.resize(n);
  ReductionColumns columns;
  columns.labels = answer.labels.data();
  columns.votes = answer.votes.data();
  columns.flags = answer.flags.data();
  columns.score = answer.score.data();
  columns.margin = answer.margin.data();
  answer.status = kernels->Reduce(PlanOf(tier), outputs.data(), n, {}, columns, nullptr);
  for (size_t r = 0; r < n; ++r) {
    if ((answer.flags[r] & kExit) == 0) answer.deferred.push_back(static_cast<uint32_t>(r));
  }
  return answer;
}

// --- Answers of several batches ---

std::function<void(const PipelineResult&)> AnswerBox::Slot(size_t index) {
  return [this, index](const PipelineResult& result) {
    Answer answer = TierHouse::AnswerOf(result);
    std::lock_guard lock(mutex_);
    if (answers_.size() <= index) answers_.resize(index + 1);
    answers_[index] = std::move(answer);
    ++given_;
    changed_.notify_all();
  };
}

std::vector<Answer> AnswerBox::Await(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_ >= count; });
  return answers_;
}

}  // namespace quorate
