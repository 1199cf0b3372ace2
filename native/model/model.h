#pragma once

// A member as the engine sees it: something that turns a batch of rows into scores or labels.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "native/base/clock.h"
#include "native/base/status.h"
#include "native/base/views.h"

namespace quorate {

// One tensor of a model. Shapes are per row: the batch dimension is left out.
struct TensorSpec {
  std::string name;  // The request tensor this input reads, or the output's name.
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> row_shape;  // -1 where the model leaves a dimension open.

  // Elements per row, or 0 when a dimension is open.
  size_t RowElements() const {
    size_t n = 1;
    for (int64_t d : row_shape) n *= d < 0 ? 0 : static_cast<size_t>(d);
    return n;
  }
};

struct ModelSpec {
  std::string name;                // For messages: the file's name, or "function".
  std::vector<TensorSpec> inputs;  // In the order Batch::inputs has them.
  TensorSpec output;               // row_shape {} = label, {1} = binary, {C} = classes.
  size_t fixed_batch = 0;  // > 0: the model only takes batches of this size (it pads, and says so).
  // Equal for two loads of one file that has not changed between them; empty for a function.
  std::string identity;
  // SHA-256 of the file and its external data, hexadecimal. Reads all of it: slow. kModelLoad when
  // it has changed since it was loaded. Empty for a function.
  std::function<StatusOr<std::string>()> sha256;
  std::string device = "cpu";  // Where it runs.
  std::string device_reason;   // Why not where it was asked to, or empty.
  bool blocking = true;  // Start() computes on the calling thread and completes before it returns.
  // On a device: nodes that run on the host all the same, each of which waits for the device, as
  // "name (Operator)". Empty as well where ONNX Runtime, before 1.24, cannot tell.
  std::vector<std::string> host_nodes;
};

// Rows of one input tensor, contiguous.
struct TensorView {
  const void* data = nullptr;
  std::vector<int64_t> row_shape;  // Concrete: no -1.
};

// Set by the engine to ask running work to stop; a model polls it, or hooks it to hear of it at
// once.
class CancelFlag {
 public:
  // While alive, `call` is made once when the flag is set, at once if it is set already. It is made
  // under the flag's lock: it must be quick and may not touch the flag. After the destructor has
  // returned it is not running and will not be called.
  class Hook {
   public:
    Hook(const CancelFlag* flag, void (*call)(void* context), void* context)
        : flag_(flag), call_(call), context_(context) {
      if (flag_ != nullptr) flag_->Add(this);
    }
    ~Hook() {
      if (flag_ != nullptr) flag_->Remove(this);
    }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    friend class CancelFlag;
    const CancelFlag* flag_;  // nullptr: nothing to hook.
    void (*call_)(void* context);
    void* context_;
    Hook* next_ = nullptr;
  };

  void Cancel() {
    std::lock_guard lock(mutex_);
    if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
    for (Hook* hook = hooks_; hook != nullptr; hook = hook->next_) hook->call_(hook->context_);
  }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

 private:
  void Add(Hook* hook) const {
    std::lock_guard lock(mutex_);
    hook->next_ = hooks_;
    hooks_ = hook;
    if (cancelled()) hook->call_(hook->context_);
  }
  void Remove(Hook* hook) const {
    std::lock_guard lock(mutex_);
    Hook** link = &hooks_;
    while (*link != hook) link = &(*link)->next_;
    *link = hook->next_;
  }

  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  mutable Hook* hooks_ = nullptr;
};

// A batch for one member. Everything pointed to stays valid until the completion is called.
struct Batch {
  size_t rows = 0;                     // >= 1.
  const TensorView* inputs = nullptr;  // ModelSpec::inputs.size() entries.
  void* output = nullptr;              // rows x output row, in the model's output type.
  size_t output_bytes = 0;
  const CancelFlag* cancel = nullptr;  // May be nullptr.
  const uint32_t* row_ids =
      nullptr;                     // [rows] each row's index in its own request (function members).
  int64_t deadline_at = kForever;  // When the first of the rows expires.
  int priority = 0;                // The highest of the rows'.
};

struct RunReport {
  Status status;             // Not OK: the member abstains on these rows.
  uint64_t run_ns = 0;       // Time inside the model.
  uint64_t padded_rows = 0;  // Rows computed beyond Batch::rows.
};

// Called exactly once per Start(), on any thread, possibly before Start() returns.
struct Completion {
  void (*call)(void* context, RunReport report) = nullptr;
  void* context = nullptr;
  void operator()(RunReport report) const { call(context, std::move(report)); }
};

class DeviceModel;

// Thread-safe: Start() may be called from several threads at once.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelSpec& spec() const = 0;
  virtual void Start(const Batch& batch, Completion completion) = 0;

  // Not nullptr: the model runs by its lane, and Start() is not called.
  virtual DeviceModel* on_device() { return nullptr; }

  // The output's row shape for inputs of these concrete row shapes, where the spec leaves it open
  // (the model may run one row to find out); else the spec's.
  virtual StatusOr<std::vector<int64_t>> OutputRowShape(
      const std::vector<std::vector<int64_t>>& row_shapes) {
    (void)row_shapes;
    return spec().output.row_shape;
  }

  // Floating-point operations per row, from one profiled run of one row with the given concrete
  // row shapes (docs/semantics.md section 5). Slow: it builds a throw-away session.
  // kInvalidArgument when the model cannot say (a function member).
  virtual StatusOr<uint64_t> FlopsPerRow(const std::vector<std::vector<int64_t>>& row_shapes) = 0;

  // Stops every Run of this user in progress, now and in the future (shutdown). Other users of the
  // same loaded file are not touched.
  virtual void Terminate() = 0;
};

// Where a model comes from: exactly one of path and bytes.
struct ModelSource {
  std::string path;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
};

// How ONNX Runtime finds an algorithm for a convolution on CUDA.
enum class ConvSearch : uint8_t { kHeuristic, kExhaustive, kDefault };

// How a model runs on a CUDA device; nothing to one on the CPU.
struct CudaOptions {
  bool graphs = false;              // Capture each batch size as a CUDA graph, and replay it.
  bool tf32 = false;                // Float32 products with ten bits of mantissa: faster.
  bool shared_stream = false;       // One stream for all such models of the device.
  uint64_t memory_limit_bytes = 0;  // Of the model's weights and intermediate tensors; 0: none.
  ConvSearch conv_search = ConvSearch::kHeuristic;
};

struct ModelOptions {
  // Model input name -> request tensor name; inputs not listed keep their own name.
  std::vector<std::pair<std::string, std::string>> input_names;
  std::string output_name;  // Empty: the only output.
  std::string device = "cpu";
  CudaOptions cuda;
  bool profile_large = false;  // FlopsPerRow() also for models above 500 MB.
};

// Loads models; shared underneath: one file, device and options is in memory once.
class ModelLoader {
 public:
  virtual ~ModelLoader() = default;
  virtual StatusOr<std::shared_ptr<Model>> Load(const ModelSource& source,
                                                const ModelOptions& options) = 0;
};

}  // namespace quorate
