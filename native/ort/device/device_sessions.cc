#include "native/ort/device/device_sessions.h"

#include <utility>

#include "native/ort/device/node_placement.h"
#include "native/ort/device/session_memory.h"

namespace quorate::ort {

DeviceSessions::DeviceSessions(const ApiLibrary* library, OnnxFile file,
                               std::shared_ptr<DeviceLane> lane, const CudaOptions& options)
    : library_(library), file_(std::move(file)), lane_(std::move(lane)), options_(options) {}

StatusOr<std::shared_ptr<DeviceSessions>> DeviceSessions::Create(const ApiLibrary* library,
                                                                 const OnnxFile& file,
                                                                 Device* device,
                                                                 const CudaOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceLane> lane,
                           DeviceLane::Create(device, {.name = file.name}));
  std::shared_ptr<DeviceSessions> sessions(
      new DeviceSessions(library, file, std::move(lane), options));
  QUORATE_RETURN_IF_ERROR(sessions->lane_->Call([&]() -> Status {
    QUORATE_ASSIGN_OR_RETURN(sessions->first_, sessions->Load());
    return {};
  }));
  return sessions;
}

DeviceSessions::~DeviceSessions() {
  (void)lane_->Call([this] {
    first_ = nullptr;
    return Status();
  });
}

StatusOr<std::shared_ptr<Session>> DeviceSessions::Load() const {
  SessionConfig config;
  if (void* const stream = lane_->stream()->handle(); stream != nullptr) {
    config.cuda = CudaSessionOptions{lane_->device()->index(), stream, options_};
    config.record_assignment = true;
  }
  const std::shared_lock lock(Capturing());
  return Session::Create(library_, file_, config);
}

StatusOr<std::shared_ptr<Session>> DeviceSessions::ForRows(size_t rows) {
  if (!convolutions()) return first_;
  if (first_.use_count() == 1) first_rows_ = rows;  // Nobody's plans are lost.
  if (rows == first_rows_) return first_;
  std::weak_ptr<Session>& other = others_[rows];
  if (std::shared_ptr<Session> session = other.lock()) return session;
  QUORATE_RETURN_IF_ERROR(CheckUnchanged(file_));
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, Load());
  other = session;
  return session;
}

uint64_t DeviceSessions::DeviceBytes() const {
  uint64_t bytes = ArenaBytes(*first_);
  for (const auto& [rows, other] : others_) {
    if (const std::shared_ptr<Session> session = other.lock()) bytes += ArenaBytes(*session);
  }
  return bytes;
}

StatusOr<std::vector<std::string>> DeviceSessions::HostNodes() const {
  if (first_->device() == kHost) return std::vector<std::string>();
  return NodesElsewhere(*first_, kCudaProviderName);
}

std::shared_mutex& DeviceSessions::Capturing() {
  static std::shared_mutex& process = *new std::shared_mutex;
  return process;
}

}  // namespace quorate::ort
