#include "native/device/devices.h"

namespace quorate {

StatusOr<Device*> Devices::Find(int index) {
  MutexLock lock(&mutex_);
  std::unique_ptr<Device>& device = devices_[index];
  if (device == nullptr) {
    QUORATE_ASSIGN_OR_RETURN(device, open_(index));
  }
  return device.get();
}

StatusOr<Device*> Devices::Get(int index) {
  static Devices& process = *new Devices(OpenCudaDevice);
  return process.Find(index);
}

}  // namespace quorate
