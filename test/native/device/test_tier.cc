#include "test/native/device/test_tier.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"

namespace quorate {
namespace {

constexpr uint32_t kEarlierMembers = 2;

template <typename T>
std::vector<T> Copied(const T* column, size_t rows) {
  return column == nullptr ? std::vector<T>() : std::vector<T>(column, column + rows);
}

template <typename T>
bool SameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// Of every tier.
RuleProgram TestRule() {
  return Rule(
      {Op(RuleKind::kVotes, 2, 0), Op(RuleKind::kScore, 0, 0.3f), Op(RuleKind::kAllOf, 2, 0)});
}

Reduction PlanOf(const TestTierOptions& tier) {
  Reduction plan;
  plan.members = tier.members;
  plan.classes = kTestClasses;
  plan.measures = kScore | kMargin;
  plan.last = tier.last;
  plan.combine = tier.evidence_in ? Combine::kMean : Combine::kVote;
  plan.earlier_members = tier.evidence_in ? kEarlierMembers : 0;
  return plan;
}

// Scores of one row: numbers that depend on its bytes and the seed alone.
void TestScores(uint32_t seed, const uint8_t* row, size_t row_bytes, uint8_t* output) {
  uint32_t feature = HashOf(seed + 1);
  for (size_t i = 0; i < row_bytes; ++i) feature = HashOf(feature ^ row[i]);
  for (uint32_t c = 0; c < kTestClasses; ++c) {
    const float score = static_cast<float>(HashOf(feature + c) % 1024) / 256.0f;
    std::memcpy(output + c * sizeof(score), &score, sizeof(score));
  }
}

std::vector<int32_t> ClassMapOf(const TestTierOptions& tier, uint32_t member) {
  if (!tier.class_maps || member % 2 != 0) return {};
  return member == 0 ? std::vector<int32_t>{1, 2, 3, 0} : std::vector<int32_t>{2, 0, 1, 3};
}

std::function<void(float*)> EvidenceOf(const TestRows& rows) {
  return [evidence = rows.Evidence()](float* sums) {
    std::copy(evidence.begin(), evidence.end(), sums);
  };
}

std::vector<uint32_t> TensorsOf(uint32_t member) {
  return member % 2 == 0 ? std::vector<uint32_t>{0} : std::vector<uint32_t>{1, 0};
}

// What member k says of row r, in the cascade's order of classes.
void ScoreRow(const TestTierOptions& tier, uint32_t k, const TestRows& rows, size_t r,
              float* scores) {
  std::vector<uint8_t> row;
  for (const uint32_t t : TensorsOf(k)) {
    const uint8_t* const from = rows.data(t) + r * TestRowBytes(t);
    row.insert(row.end(), from, from + TestRowBytes(t));
  }
  float own[kTestClasses];
  TestScores(tier.seed + k, row.data(), row.size(), reinterpret_cast<uint8_t*>(own));
  const std::vector<int32_t> map = ClassMapOf(tier, k);
  for (size_t c = 0; c < kTestClasses; ++c) {
    scores[map.empty() ? c : static_cast<size_t>(map[c])] = own[c];
  }
}

}  // namespace

// --- Rows and answers ---

TestRows::TestRows(std::vector<uint32_t> ids) : ids_(std::move(ids)) {
  for (size_t t = 0; t < 2; ++t) bytes_[t].resize(ids_.size() * TestRowBytes(t));
  for (size_t r = 0; r < ids_.size(); ++r) {
    const uint32_t numbers[3] = {ids_[r], ids_[r] * 31 + 7, ~ids_[r]};
    std::memcpy(&bytes_[0][r * sizeof(numbers)], numbers, sizeof(numbers));
    std::memcpy(&bytes_[1][r * sizeof(uint32_t)], &numbers[1], sizeof(uint32_t));
  }
}

TestRows TestRows::Subset(const std::vector<uint32_t>& rows) const {
  std::vector<uint32_t> ids;
  for (const uint32_t row : rows) ids.push_back(ids_[row]);
  return TestRows(std::move(ids));
}

std::vector<float> TestRows::Evidence() const {
  std::vector<float> sums;
  for (const uint32_t id : ids_) {
    for (uint32_t c = 0; c < kTestClasses; ++c) {
      sums.push_back(static_cast<float>(HashOf(id * kTestClasses + c) % 1024) / 2048.0f);
    }
  }
  return sums;
}

TestRows Counting(uint32_t first, size_t count) {
  std::vector<uint32_t> ids(count);
  for (size_t i = 0; i < count; ++i) ids[i] = first + static_cast<uint32_t>(i);
  return TestRows(std::move(ids));
}

bool Answer::SameAs(const Answer& other) const {
  return status.code() == other.status.code() && SameBits(labels, other.labels) &&
         SameBits(votes, other.votes) && SameBits(flags, other.flags) &&
         SameBits(score, other.score) && SameBits(margin, other.margin) &&
         SameBits(sums, other.sums) && SameBits(member_votes, other.member_votes) &&
         SameBits(member_scores, other.member_scores) && SameBits(deferred, other.deferred);
}

// --- A tier ---

std::shared_ptr<FakeDeviceModel> NewTestModel(Device* device, const TestTierOptions& tier,
                                              uint32_t k, FakeDeviceModel* arena_of) {
  FakeDeviceOptions options;
  options.spec.name = tier.name + " member " + std::to_string(k);
  size_t row_bytes = 0;
  for (const uint32_t t : TensorsOf(k)) {
    const auto numbers = static_cast<int64_t>(kTestNumbers[t]);
    options.spec.inputs.push_back({"x" + std::to_string(t), ElementType::kUint32, {numbers}});
    row_bytes += TestRowBytes(t);
  }
  options.spec.output = {"y", ElementType::kFloat32, {kTestClasses}};
  options.max_rows = tier.buckets.back();
  options.seed = tier.seed + k;
  options.synchronise_every = tier.synchronise_every;
  options.compute = [seed = options.seed, row_bytes](const uint8_t* row, uint8_t* output) {
    TestScores(seed, row, row_bytes, output);
  };
  return std::make_shared<FakeDeviceModel>(device, std::move(options), arena_of);
}

TestTier::TestTier(sim::SimulatedMachine* machine, const TestTierOptions& spec, bool one_arena)
    : tier(spec), device(machine->device(spec.device)) {
  if (tier.forgets) {
    forgetful = std::make_unique<sim::ForgetfulDevice>(device, *tier.forgets);
    device = forgetful.get();
  }
  for (uint32_t k = 0; k < tier.members; ++k) {
    FakeDeviceModel* const arena_of = one_arena && k == 2 ? models[0].get() : nullptr;
    models.push_back(NewTestModel(device, tier, k, arena_of));
  }
}

TestTier::TestTier(sim::SimulatedMachine* machine, const TestTierOptions& spec,
                   const TestTier& models_of)
    : tier(spec), device(machine->device(spec.device)), models(models_of.models) {}

TestTier::~TestTier() {
  pipeline.reset();
  for (const auto& model : models) EXPECT_EQ(model->off_lane, 0u);
}

PipelineOptions TestTier::Options() const {
  PipelineOptions options;
  options.name = tier.name;
  for (uint32_t t = 0; t < 2; ++t) {
    const auto numbers = static_cast<int64_t>(kTestNumbers[t]);
    options.inputs.push_back({{t, TestRowBytes(t)}, {numbers}, !tier.last});
  }
  for (uint32_t k = 0; k < tier.members; ++k) {
    options.members.push_back({models[k].get(), TensorsOf(k), OutputKind::kLogits,
                               ElementType::kFloat32, 1.0f, kTestClasses, ClassMapOf(tier, k),
                               false, LabelTable()});
  }
  options.plan = PlanOf(tier);
  options.evidence_in = tier.evidence_in;
  options.evidence_out = tier.evidence_out;
  options.buckets = tier.buckets;
  options.slots = tier.slots;
  options.deferred_blocks = tier.last ? 0 : tier.deferred_blocks;
  options.warm_up = tier.warm_up;
  return options;
}

Status TestTier::Open() {
  StatusOr<std::unique_ptr<Pipeline>> made = Pipeline::Create(device, Options());
  if (made.ok()) pipeline = std::move(made).value();
  return made.status();
}

PipelineBatch TestTier::Batch(const TestRows& rows) {
  PipelineBatch batch;
  batch.rule = TestRule();
  batch.host_rows = rows.size();
  batch.fill = [rows](void* const* staging) {
    for (size_t t = 0; t < 2; ++t) {
      std::memcpy(staging[t], rows.data(t), rows.size() * TestRowBytes(t));
    }
  };
  batch.fill_evidence = EvidenceOf(rows);
  return batch;
}

PipelineBatch TestTier::Batch(std::shared_ptr<RowBlock> block, const TestRows& rows) {
  PipelineBatch batch;
  batch.rule = TestRule();
  batch.segments = {{std::move(block), 0, rows.size()}};
  batch.fill = [](void* const*) {};
  batch.fill_evidence = EvidenceOf(rows);
  return batch;
}

Answer TestTier::AnswerOf(const PipelineResult& result) const {
  Answer answer;
  answer.status = result.status;
  answer.failed_members = result.failed_members;
  if (!result.status.ok()) return answer;
  const ReductionColumns& columns = result.columns;
  answer.labels = Copied(columns.label, result.rows);
  answer.votes = Copied(columns.votes, result.rows);
  answer.flags = Copied(columns.flags, result.rows);
  answer.score = Copied(columns.score, result.rows);
  answer.margin = Copied(columns.margin, result.rows);
  answer.sums = Copied(columns.sums, result.rows * kTestClasses);
  answer.member_votes = Copied(columns.member_votes, result.rows * tier.members);
  answer.member_scores = Copied(columns.member_scores, result.rows * tier.members);
  answer.deferred = Copied(result.deferred, result.deferred_count);
  for (size_t k = 0; k < result.outputs.size(); ++k) {
    const size_t values = result.rows * kTestClasses;
    answer.outputs.push_back(Copied(reinterpret_cast<const float*>(result.outputs[k]), values));
  }
  answer.deferred_rows = result.deferred_rows;
  answer.times = result.times;
  return answer;
}

Answer TestTier::Run(PipelineBatch batch) {
  AnswerBox box(*this);
  batch.done = box.Slot(0);
  const Status status = pipeline->Submit(std::move(batch));
  if (status.ok()) return box.Await(1)[0];
  Answer refused;
  refused.status = status;
  return refused;
}

std::vector<float> TestTier::Output(const TestRows& rows, uint32_t k) const {
  std::vector<float> scores(rows.size() * kTestClasses);
  for (size_t r = 0; r < rows.size(); ++r) ScoreRow(tier, k, rows, r, &scores[r * kTestClasses]);
  return scores;
}

Answer TestTier::Expected(const TestRows& rows, uint64_t failed_members, bool traced) const {
  const size_t n = rows.size();
  std::vector<std::vector<float>> scores(tier.members);
  std::vector<MemberOutput> outputs(tier.members);
  for (uint32_t k = 0; k < tier.members; ++k) {
    outputs[k] = {nullptr, ElementType::kFloat32, OutputKind::kLogits, 1.0f, kTestClasses};
    if ((failed_members >> k & 1) != 0) continue;
    scores[k] = Output(rows, k);
    outputs[k].data = scores[k].data();
  }
  Answer answer;
  answer.failed_members = failed_members;
  answer.labels.resize(n);
  answer.votes.resize(n);
  answer.flags.resize(n);
  answer.score.resize(n);
  answer.margin.resize(n);
  answer.sums.resize(tier.evidence_out ? n * kTestClasses : 0);
  answer.member_votes.resize(traced ? n * tier.members : 0);
  answer.member_scores.resize(traced ? n * tier.members : 0);
  ReductionColumns columns;
  columns.label = answer.labels.data();
  columns.votes = answer.votes.data();
  columns.flags = answer.flags.data();
  columns.score = answer.score.data();
  columns.margin = answer.margin.data();
  if (tier.evidence_out) columns.sums = answer.sums.data();
  if (traced) columns.member_votes = answer.member_votes.data();
  if (traced) columns.member_scores = answer.member_scores.data();
  const std::vector<float> evidence = rows.Evidence();
  RowState state;
  if (tier.evidence_in) state.prior_sums = evidence.data();
  answer.status = device->kernels()->Reduce(PlanOf(tier), TestRule(), outputs.data(), n, state,
                                            columns, nullptr);
  for (size_t r = 0; r < n; ++r) {
    if ((answer.flags[r] & kExit) == 0) answer.deferred.push_back(static_cast<uint32_t>(r));
  }
  return answer;
}

// --- Answers of several batches ---

std::function<void(const PipelineResult&)> AnswerBox::Slot(size_t index) {
  return [this, index](const PipelineResult& result) {
    Answer answer = tier_.AnswerOf(result);
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
