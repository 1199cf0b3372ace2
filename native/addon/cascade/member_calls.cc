#include "native/addon/cascade/member_calls.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "native/base/shapes.h"

namespace quorate {

struct MemberCalls::OpenCall : std::enable_shared_from_this<OpenCall> {
  uint64_t id = 0;
  const FunctionModel* owner = nullptr;
  std::weak_ptr<MemberCalls> table;
  std::string where;
  int64_t timeout_ns = kForever;
  size_t rows = 0;
  void* output = nullptr;  // Valid until the completion is called.
  size_t output_bytes = 0;
  Completion completion;
  int64_t started_at = 0;
  Mutex starting;  // Held by Open(); who completes the call waits for it.
  std::optional<CancelFlag::Hook> hook;
};

struct MemberCalls::CancelTask {
  std::shared_ptr<MemberCalls> table;
  std::shared_ptr<OpenCall> call;
};

namespace {

// Rows of a ragged tensor are padded; JavaScript gets them without, one after the other.
HostArray CopyRagged(const TensorSpec& spec, const TensorView& view,
                     const std::vector<uint32_t>& offsets) {
  const size_t padded = static_cast<size_t>(view.row_shape[0]);
  const size_t step = Elements(view.row_shape) / padded;
  const size_t step_bytes = step * ElementSize(spec.type);
  HostArray copy = NewHostArray(ArrayTypeOf(spec.type), offsets.back() * step);
  const auto* from = static_cast<const uint8_t*>(view.data);
  for (size_t row = 0; row + 1 < offsets.size(); ++row, from += padded * step_bytes) {
    memcpy(copy.data.get() + offsets[row] * step_bytes, from, view.lengths[row] * step_bytes);
  }
  return copy;
}

std::vector<uint32_t> OffsetsOf(const TensorView& view, size_t rows) {
  if (view.lengths == nullptr) return {};
  std::vector<uint32_t> offsets = {0};
  for (size_t row = 0; row < rows; ++row) offsets.push_back(offsets.back() + view.lengths[row]);
  return offsets;
}

HostArray CopyInput(const TensorSpec& spec, const TensorView& view, size_t rows) {
  HostArray copy = NewHostArray(ArrayTypeOf(spec.type), rows * Elements(view.row_shape));
  memcpy(copy.data.get(), view.data, copy.bytes());
  return copy;
}

// Each below `rows`, and ascending.
bool AreRowsOf(size_t rows, const std::vector<FailedRow>& failed) {
  size_t least = 0;
  for (const FailedRow& row : failed) {
    if (row.row < least || row.row >= rows) return false;
    least = row.row + size_t{1};
  }
  return true;
}

// The call that all rows belong to; 0 when they are of several.
uint64_t CallOf(std::span<const RowId> ids) {
  const uint64_t first = ids[0].call;
  const bool shared =
      std::any_of(ids.begin(), ids.end(), [first](const RowId& id) { return id.call != first; });
  return shared ? 0 : first;
}

}  // namespace

void MemberCalls::Start(const FunctionModel* owner, const FunctionMember& member,
                        const Batch& batch, Completion completion) {
  MemberCallMessage message;
  message.tier = member.tier;
  message.member = member.member;
  message.count = batch.rows;
  message.deadline_at = batch.deadline_at;
  message.priority = batch.priority;
  const std::vector<TensorSpec>& inputs = owner->info().inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorView& view = batch.inputs[i];
    auto& offsets = message.offsets.emplace_back(OffsetsOf(view, batch.rows));
    message.tensors.push_back(offsets.empty() ? CopyInput(inputs[i], view, batch.rows)
                                              : CopyRagged(inputs[i], view, offsets));
  }
  const std::span<const RowId> ids(batch.row_ids, batch.rows);
  for (const RowId& id : ids) message.rows.push_back(id.row);
  message.row_call = CallOf(ids);
  auto call = std::make_shared<OpenCall>();
  call->owner = owner;
  call->table = weak_from_this();
  call->where = member.where;
  call->timeout_ns = member.timeout_ns;
  call->rows = batch.rows;
  call->output = batch.output;
  call->output_bytes = batch.output_bytes;
  call->completion = completion;
  call->started_at = clock_->NowNs();
  if (!Open(call, std::move(message), batch.cancel)) {
    completion({Status(StatusCode::kClosed, "the cascade is closed"), 0, 0});
  }
}

bool MemberCalls::Open(const std::shared_ptr<OpenCall>& call, MemberCallMessage message,
                       const CancelFlag* cancel) {
  MutexLock starting(&call->starting);
  {
    MutexLock lock(&mutex_);
    const auto stopped = std::find(stopped_.begin(), stopped_.end(), call->owner);
    if (stopped != stopped_.end()) return false;
    message.call_id = call->id = ++last_id_;
    open_.emplace(call->id, call);
  }
  call->hook.emplace(cancel, &OnCancelFlag, call.get());
  if (call->timeout_ns < kForever - call->started_at) {
    timer_->Set(call.get(), call->started_at + call->timeout_ns,
                [table = weak_from_this(), id = call->id] {
                  if (const auto self = table.lock()) self->Expire(id);
                });
  }
  channel_->Post(std::move(message));
  return true;
}

// Under the flag's lock: the completion, and the end of the hook, are for a task of their own.
void MemberCalls::OnCancelFlag(void* context) {
  const auto call = static_cast<OpenCall*>(context)->weak_from_this().lock();
  if (call == nullptr) return;
  auto table = call->table.lock();
  if (table == nullptr) return;
  Pool* const pool = table->pool_;
  pool->Submit({&RunCancelTask, new CancelTask{std::move(table), call}});
}

void MemberCalls::RunCancelTask(void* context) {
  const std::unique_ptr<CancelTask> task(static_cast<CancelTask*>(context));
  const auto call = task->table->Take(task->call->id);
  if (call == nullptr) return;
  task->table->Finish(call.get(), {StatusCode::kAborted, call->where + ": nobody waits any more"},
                      true);
}

std::shared_ptr<MemberCalls::OpenCall> MemberCalls::Take(uint64_t id) {
  MutexLock lock(&mutex_);
  const auto at = open_.find(id);
  if (at == open_.end()) return nullptr;
  auto call = std::move(at->second);
  open_.erase(at);
  return call;
}

void MemberCalls::Finish(OpenCall* call, Status status, bool tell,
                         std::vector<FailedRow> failed_rows) {
  { MutexLock wait(&call->starting); }
  call->hook.reset();
  timer_->Set(call, kForever, {});
  if (tell) channel_->Post(MemberCancelMessage{call->id});
  const auto run_ns = static_cast<uint64_t>(clock_->NowNs() - call->started_at);
  call->completion({std::move(status), run_ns, 0, std::move(failed_rows)});
}

void MemberCalls::Expire(uint64_t id) {
  const auto call = Take(id);
  if (call == nullptr) return;
  const int64_t ms = call->timeout_ns / kNsPerMs;
  Finish(
      call.get(),
      {StatusCode::kMember, call->where + " did not answer within " + std::to_string(ms) + " ms"},
      true);
}

void MemberCalls::Stop(const FunctionModel* owner) {
  std::vector<std::shared_ptr<OpenCall>> calls;
  {
    MutexLock lock(&mutex_);
    stopped_.push_back(owner);
    std::erase_if(open_, [&](const auto& entry) {
      if (entry.second->owner != owner) return false;
      calls.push_back(entry.second);
      return true;
    });
  }
  for (const auto& call : calls) {
    Finish(call.get(), {StatusCode::kClosed, call->where + ": the cascade was closed"}, true);
  }
}

bool MemberCalls::Waits(uint64_t id) const {
  MutexLock lock(&mutex_);
  return open_.contains(id);
}

void MemberCalls::Reply(uint64_t id, MemberReply reply) {
  const auto call = Take(id);
  if (call == nullptr) return;
  const bool labels = call->owner->info().output.row_shape.empty();
  const size_t expected = call->output_bytes / sizeof(float);
  if (reply.labels != labels || reply.length != expected) {
    const auto text = [](bool is_labels, size_t length) {
      return std::string(is_labels ? "Int32Array" : "Float32Array") + " of length " +
             std::to_string(length);
    };
    return Finish(call.get(),
                  {StatusCode::kMember,
                   call->where + " returned " + text(reply.labels, reply.length) + " for " +
                       std::to_string(call->rows) + " rows, expected " + text(labels, expected)},
                  false);
  }
  if (!AreRowsOf(call->rows, reply.failed_rows)) {
    return Finish(call.get(),
                  {StatusCode::kMember, call->where + " failed on rows it was not asked"}, false);
  }
  if (reply.length > 0) memcpy(call->output, reply.data, call->output_bytes);
  for (FailedRow& failed : reply.failed_rows) {
    const Status& given = *failed.error;
    failed.error = std::make_shared<const Status>(
        given.code(), call->where + ": " + given.message(), given.cause());
  }
  Finish(call.get(), {}, false, std::move(reply.failed_rows));
}

void MemberCalls::Fail(uint64_t id, const std::string& message, uint32_t cause) {
  const auto call = Take(id);
  if (call == nullptr) return;
  Finish(call.get(), {StatusCode::kMember, call->where + ": " + message, cause}, false);
}

}  // namespace quorate
