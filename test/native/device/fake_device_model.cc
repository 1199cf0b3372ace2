#include "test/native/device/fake_device_model.h"

#include <cstring>
#include <utility>

#include "native/base/shapes.h"
#include "test/native/fakes/fake_models.h"

namespace quorate {
namespace {

Status Failed() { return Status(StatusCode::kMember, "the fake model failed"); }

size_t RowBytes(const TensorSpec& tensor) {
  return Elements(tensor.row_shape) * ElementSize(tensor.type);
}

}  // namespace

class FakeDeviceModel::Binding final : public LaneBinding {
 public:
  Binding(FakeDeviceModel* model, const LaneTensors& tensors) : model_(model), tensors_(tensors) {
    ++model_->bindings;
  }
  ~Binding() override {
    model_->NoteThread();
    --model_->bindings;
  }

  Status Run(bool synchronise) override {
    model_->NoteThread();
    return model_->run({model_->lane_->stream(), &tensors_, synchronise});
  }

 private:
  FakeDeviceModel* const model_;
  const LaneTensors tensors_;
};

FakeDeviceModel::FakeDeviceModel(Device* device, FakeDeviceOptions options,
                                 FakeDeviceModel* arena_of)
    : run([this](const FakeRun& fake_run) { return Compute(fake_run); }),
      device_(device),
      options_(std::move(options)),
      last_(device->NewEvent("last run of " + options_.spec.name).value()) {
  for (const TensorSpec& input : options_.spec.inputs) {
    row_bytes_.push_back(RowBytes(input));
    arena_row_bytes_ += row_bytes_.back();
  }
  lane_ = DeviceLane::Create(device, {options_.spec.name, options_.synchronise_every}).value();
  (void)lane_->Call([this] {
    lane_thread_ = std::this_thread::get_id();
    return Status();
  });
  if (arena_of == nullptr) {
    own_arena_ =
        DeviceBuffer::Create(device, MemoryKind::kDevice, options_.max_rows * arena_row_bytes_,
                             "arena of " + options_.spec.name)
            .value();
  }
  arena_ = arena_of == nullptr ? &own_arena_ : &arena_of->own_arena_;
}

FakeDeviceModel::~FakeDeviceModel() { (void)device_->Await(*last_); }

StatusOr<std::unique_ptr<LaneBinding>> FakeDeviceModel::Bind(const LaneTensors& tensors) {
  NoteThread();
  if (fails_to_bind) return Status(StatusCode::kDeviceMemory, "the fake model cannot be bound");
  if (tensors.inputs.size() != row_bytes_.size() ||
      tensors.output_bytes != tensors.rows * RowBytes(options_.spec.output)) {
    return Status(StatusCode::kInternal, "the fake model was given tensors that do not fit");
  }
  return std::unique_ptr<LaneBinding>(new Binding(this, tensors));
}

StatusOr<uint64_t> FakeDeviceModel::FlopsPerRow(const RowShapes&) {
  return Status(StatusCode::kInvalidArgument, "unknown");
}

void FakeDeviceModel::NoteThread() {
  if (std::this_thread::get_id() != lane_thread_) ++off_lane;
}

FakeFailure FakeDeviceModel::NextFailure() {
  const uint32_t one_in = fail_one_in;
  const uint32_t draw = HashOf(options_.seed * 7919 + static_cast<uint32_t>(runs.load()));
  if (one_in == 0 || draw % one_in != 0) return failure;
  constexpr FakeFailure kWays[] = {FakeFailure::kBefore, FakeFailure::kHalfway,
                                   FakeFailure::kAfter};
  return kWays[draw / one_in % 3];
}

Status FakeDeviceModel::Compute(const FakeRun& fake_run) {
  const FakeFailure fails = NextFailure();
  ++runs;
  if (terminated_) return Status(StatusCode::kAborted, "the fake model was terminated");
  if (fails == FakeFailure::kBefore) return Failed();
  const LaneTensors& tensors = *fake_run.tensors;
  std::vector<MemoryRange> inputs;
  for (size_t i = 0; i < row_bytes_.size(); ++i) {
    inputs.push_back({tensors.inputs[i].data, tensors.rows * row_bytes_[i]});
  }
  const MemoryRange arena = arena_->First(tensors.rows * arena_row_bytes_);
  const MemoryRange output = {tensors.output, tensors.output_bytes};
  // Rows side by side in the arena, and from there to outputs.
  Status status = fake_run.stream->Launch(
      {"features", inputs, {&arena, 1}, [this, inputs, rows = tensors.rows](void*) {
         on_device();
         uint8_t* target = arena_->data();
         for (size_t r = 0; r < rows; ++r) {
           for (size_t i = 0; i < inputs.size(); target += row_bytes_[i++]) {
             std::memcpy(target, static_cast<const uint8_t*>(inputs[i].data) + r * row_bytes_[i],
                         row_bytes_[i]);
           }
         }
         return Status();
       }});
  if (status.ok() && fails == FakeFailure::kHalfway) status = Failed();
  if (status.ok()) {
    status = fake_run.stream->Launch(
        {"scores",
         {&arena, 1},
         {&output, 1},
         [this, scores = static_cast<uint8_t*>(tensors.output), rows = tensors.rows,
          row_bytes = tensors.output_bytes / tensors.rows](void*) {
           for (size_t r = 0; r < rows; ++r) {
             options_.compute(arena_->data() + r * arena_row_bytes_, scores + r * row_bytes);
           }
           return Status();
         }});
  }
  const Status recorded = fake_run.stream->Record(last_.get());
  if (status.ok()) status = recorded;
  if (status.ok() && fake_run.synchronise) {
    ++synchronised;
    status = device_->Await(*last_);
  }
  return status.ok() && fails == FakeFailure::kAfter ? Failed() : status;
}

}  // namespace quorate
