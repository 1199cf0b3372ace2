#include "test/native/sim/machine_state.h"

#include <atomic>
#include <thread>
#include <utility>

namespace quorate::sim {
namespace {

// std::thread::id is used again after a join; this is not.
uint64_t ThreadNumber() {
  static std::atomic<uint64_t> next{0};
  thread_local const uint64_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

std::string Bytes(size_t begin, size_t end) {
  return "bytes " + std::to_string(begin) + " to " + std::to_string(end);
}

}  // namespace

MachineState::MachineState(const SimulatedOptions& simulated)
    : options(simulated),
      devices_(static_cast<size_t>(simulated.devices)),
      random_(simulated.seed + 1) {}

Actor MachineState::AddActor(std::string name, int device) {
  actor_names_.push_back(std::move(name));
  actor_devices_.push_back(device);
  Actor actor;
  actor.id = actor_names_.size() - 1;
  return actor;
}

Actor& MachineState::ThisThread() {
  const auto [entry, added] = threads_.try_emplace(ThreadNumber());
  if (added) entry->second = AddActor("host thread " + std::to_string(threads_.size()), kNoDevice);
  return entry->second;
}

std::string MachineState::Describe(const Site& site) const {
  return "'" + std::string(site.operation) + "' on " + actor_names_[site.actor];
}

std::string MachineState::Describe(const Touched& touched) const {
  return std::string(touched.write ? "writes " : "reads ") + Bytes(touched.begin, touched.end) +
         " of '" + touched.allocation->name + "'";
}

Status MachineState::AddViolation(std::string text) {
  violations.push_back(std::move(text));
  return Status(StatusCode::kInternal, violations.back());
}

StatusOr<std::vector<Touched>> MachineState::Resolve(const Site& site, int device,
                                                     bool crosses_devices,
                                                     std::span<const MemoryRange> reads,
                                                     std::span<const MemoryRange> writes) {
  std::vector<Touched> all;
  for (size_t i = 0; i < reads.size() + writes.size(); ++i) {
    const bool write = i >= reads.size();
    const MemoryRange& range = write ? writes[i - reads.size()] : reads[i];
    if (range.bytes == 0) continue;
    std::shared_ptr<Allocation> allocation = memory.Find(range);
    if (allocation == nullptr) {
      return AddViolation(Describe(site) + " uses memory that is not allocated on a device, nor " +
                          "pinned, or no longer");
    }
    const bool on_device = allocation->kind == MemoryKind::kDevice;
    if (on_device && allocation->device != device && (device == kNoDevice || !crosses_devices)) {
      return AddViolation(Describe(site) + " uses '" + allocation->name + "', memory of device " +
                          std::to_string(allocation->device));
    }
    const auto begin = static_cast<size_t>(static_cast<const uint8_t*>(range.data) -  //
                                           allocation->data());
    all.push_back({std::move(allocation), begin, begin + range.bytes, write});
  }
  return all;
}

bool MachineState::IsOver(ActorId actor) const {
  const int device = actor_devices_[actor];
  return device != kNoDevice && Lost(device);
}

void MachineState::BodyEnded(int device) {
  if (--Of(device).running == 0) body_ended_.notify_all();
}

bool MachineState::Touch(Actor& actor, const char* operation, const std::vector<Touched>& touched,
                         std::unique_lock<std::mutex>& lock) {
  const Site site = {operation, actor.id};
  const uint64_t tick = actor.clock.Tick(actor.id);
  for (const Touched& t : touched) {
    const Access access = {t.begin, t.end, t.write, site, tick};
    std::optional<Conflict> conflict = t.allocation->Touch(access, actor.clock);
    while (conflict && !conflict->freed && IsOver(conflict->earlier.site.actor)) {
      const ActorId user = conflict->earlier.site.actor;
      body_ended_.wait(lock, [&] { return Of(actor_devices_[user]).running == 0; });
      t.allocation->Forget(user);
      conflict = t.allocation->Touch(access, actor.clock);
    }
    if (!conflict) continue;
    const Access& earlier = conflict->earlier;
    const std::string other = Describe(earlier.site);
    if (conflict->freed) {
      (void)AddViolation(Describe(site) + " " + Describe(t) + ", which was freed by " + other);
    } else {
      (void)AddViolation(Describe(site) + " " + Describe(t) + " and " + other +
                         (earlier.write ? " writes " : " reads ") +
                         Bytes(earlier.begin, earlier.end) + ": no event orders the two");
    }
    return false;
  }
  return true;
}

void MachineState::Free(Allocation& allocation, Actor& actor) {
  const Site site = {"free", actor.id};
  const std::optional<Conflict> conflict = allocation.Free(site, actor.clock);
  if (conflict && !conflict->freed && !IsOver(conflict->earlier.site.actor)) {
    const Access& use = conflict->earlier;
    (void)AddViolation(Describe(site) + " frees '" + allocation.name + "' and " +
                       Describe(use.site) + (use.write ? " writes " : " reads ") +
                       Bytes(use.begin, use.end) + ": no event orders the two");
  }
  BytesInUse(allocation.kind, allocation.device) -= allocation.bytes;
  memory.Remove(allocation);
}

size_t& MachineState::BytesInUse(MemoryKind kind, int device) {
  return kind == MemoryKind::kPinned ? pinned_in_use : Of(device).bytes_in_use;
}

Status MachineState::StatusOf(int device) const {
  if (!violations.empty()) return Status(StatusCode::kInternal, violations.front());
  return Of(device).error;
}

void MachineState::Break(int device, Status error) {
  if (Of(device).error.ok()) Of(device).error = std::move(error);
  Of(device).lost = true;
}

void MachineState::LoseAfter(int device, uint64_t operations) {
  Of(device).operations_left = operations;
  if (operations > 0) return;
  Break(device, Status(StatusCode::kDevice, "device " + std::to_string(device) + " is lost"));
}

bool MachineState::Operate(int device) {
  DeviceState& state = Of(device);
  if (state.lost) return false;
  if (state.operations_left-- > 0) return true;
  LoseAfter(device, 0);
  return false;
}

bool MachineState::Reachable(int device, const std::vector<Touched>& touched) {
  for (const Touched& t : touched) {
    if (t.allocation->kind != MemoryKind::kDevice || !Lost(t.allocation->device)) continue;
    Break(device, Status(StatusCode::kDevice, "'" + t.allocation->name + "' is memory of device " +
                                                  std::to_string(t.allocation->device) +
                                                  ", which is lost"));
    return false;
  }
  return true;
}

bool MachineState::TakeFailure(const std::string& operation) {
  const auto entry = failures.find(operation);
  if (entry == failures.end() || entry->second == 0) return false;
  --entry->second;
  return true;
}

void MachineState::Jitter() {
  uint32_t draw;
  {
    std::lock_guard lock(mutex);
    draw = static_cast<uint32_t>(random_() >> 8) % 8;
  }
  for (; draw > 5; --draw) std::this_thread::yield();
}

}  // namespace quorate::sim
