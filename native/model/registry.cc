#include "native/model/registry.h"

#include <utility>

namespace quorate {

Registry& Registry::Process() {
  static Registry* registry = new Registry;
  return *registry;
}

StatusOr<std::shared_ptr<void>> Registry::GetOrLoadErased(const std::string& key,
                                                          const Loader& load) {
  std::shared_ptr<Entry> entry;
  {
    MutexLock lock(&mutex_);
    // Forget what is neither held nor being loaded.
    std::erase_if(entries_, [](const auto& item) {
      return item.second.use_count() == 1 && item.second->thing.expired();
    });
    std::shared_ptr<Entry>& slot = entries_[key];
    if (slot == nullptr) slot = std::make_shared<Entry>();
    entry = slot;
  }
  MutexLock one_at_a_time(&entry->loading);
  {
    MutexLock lock(&mutex_);
    if (std::shared_ptr<void> alive = entry->thing.lock()) return alive;
  }
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<void> loaded, load());
  MutexLock lock(&mutex_);
  entry->thing = loaded;
  return loaded;
}

size_t Registry::size() const {
  MutexLock lock(&mutex_);
  size_t alive = 0;
  for (const auto& [key, entry] : entries_) alive += entry->thing.expired() ? 0 : 1;
  return alive;
}

}  // namespace quorate
