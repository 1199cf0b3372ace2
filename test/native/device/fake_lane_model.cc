#include "test/native/device/fake_lane_model.h"

#include <cstring>

namespace quorate {
namespace {

uint32_t Mix(uint32_t value) {
  value ^= value >> 16;
  value *= 0x7feb352dU;
  value ^= value >> 15;
  value *= 0x846ca68bU;
  return value ^ (value >> 16);
}

uint32_t Feature(uint32_t seed, const uint8_t* row, size_t row_bytes) {
  uint32_t feature = Mix(seed + 1);
  for (size_t i = 0; i < row_bytes; ++i) feature = Mix(feature ^ row[i]);
  return feature;
}

void Score(uint32_t feature, uint32_t classes, float* scores) {
  for (uint32_t c = 0; c < classes; ++c) {
    scores[c] = static_cast<float>(Mix(feature + c) % 1024) / 256.0f;
  }
}

Status Failed() { return Status(StatusCode::kMember, "the fake model failed"); }

}  // namespace

void FakeScores(uint32_t seed, const uint8_t* row, size_t row_bytes, uint32_t classes,
                float* scores) {
  Score(Feature(seed, row, row_bytes), classes, scores);
}

FakeLaneModel::FakeLaneModel(Device* device, const FakeLaneOptions& options,
                             FakeLaneModel* arena_of)
    : device_(device), options_(options), last_(device->NewEvent().value()) {
  if (arena_of == nullptr) {
    own_arena_ =
        DeviceBuffer::Create(device, MemoryKind::kDevice, options.max_rows * sizeof(uint32_t),
                             "arena of model " + std::to_string(options.seed))
            .value();
  }
  arena_ = arena_of == nullptr ? &own_arena_ : &arena_of->own_arena_;
}

FakeLaneModel::~FakeLaneModel() { (void)device_->Await(*last_); }

FakeFailure FakeLaneModel::NextFailure() {
  const uint32_t one_in = fail_one_in;
  const uint32_t draw = Mix(options_.seed * 7919 + static_cast<uint32_t>(runs.load()));
  if (one_in == 0 || draw % one_in != 0) return failure;
  constexpr FakeFailure kWays[] = {FakeFailure::kBefore, FakeFailure::kHalfway,
                                   FakeFailure::kAfter};
  return kWays[draw / one_in % 3];
}

Status FakeLaneModel::Run(const LaneRun& run) {
  const FakeFailure fails = NextFailure();
  ++runs;
  if (fails == FakeFailure::kBefore) return Failed();
  const auto* const rows = static_cast<const uint8_t*>(run.inputs[0]);
  auto* const features = reinterpret_cast<uint32_t*>(arena_->data());
  auto* const scores = static_cast<float*>(run.output);
  const FakeLaneOptions& o = options_;
  const MemoryRange input = {rows, run.rows * o.row_bytes};
  const MemoryRange arena = arena_->First(run.rows * sizeof(uint32_t));
  const MemoryRange output = {scores, run.rows * o.classes * sizeof(float)};
  Status status = run.stream->Launch(
      {"features", {&input, 1}, {&arena, 1}, [this, rows, features, count = run.rows](void*) {
         on_device();
         for (size_t r = 0; r < count; ++r) {
           features[r] = Feature(options_.seed, rows + r * options_.row_bytes, options_.row_bytes);
         }
         return Status();
       }});
  if (status.ok() && fails == FakeFailure::kHalfway) status = Failed();
  if (status.ok()) {
    status = run.stream->Launch(
        {"scores", {&arena, 1}, {&output, 1}, [this, features, scores, count = run.rows](void*) {
           for (size_t r = 0; r < count; ++r) {
             Score(features[r], options_.classes, scores + r * options_.classes);
           }
           return Status();
         }});
  }
  const Status recorded = run.stream->Record(last_.get());
  if (status.ok()) status = recorded;
  if (status.ok() && run.synchronise) {
    ++synchronised;
    status = device_->Await(*last_);
  }
  return status.ok() && fails == FakeFailure::kAfter ? Failed() : status;
}

}  // namespace quorate
