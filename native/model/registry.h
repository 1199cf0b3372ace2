#pragma once

// What is loaded in this process, so that one file, device and set of options is in memory once
// however many cascades, reloads and tiers use it.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "native/base/mutex.h"
#include "native/base/status.h"

namespace quorate {

// Thread-safe. Holds weak references only: a thing lives as long as its users.
class Registry {
 public:
  using Loader = std::function<StatusOr<std::shared_ptr<void>>()>;

  // The process's registry. Never destroyed: a thread may still be inside it at exit.
  static Registry& Process();

  // The thing under `key`, loaded by `load` if nobody holds it. Concurrent calls for one key load
  // once and share; calls for other keys do not wait. A failure is not remembered.
  template <typename T>
  StatusOr<std::shared_ptr<T>> GetOrLoad(
      const std::string& key, const std::function<StatusOr<std::shared_ptr<T>>()>& load) {
    StatusOr<std::shared_ptr<void>> found =
        GetOrLoadErased(key, [&load]() -> StatusOr<std::shared_ptr<void>> {
          QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<T> loaded, load());
          return std::shared_ptr<void>(std::move(loaded));
        });
    if (!found.ok()) return found.status();
    return std::static_pointer_cast<T>(std::move(found).value());
  }

  // Things alive now.
  size_t size() const;

 private:
  struct Entry {
    Mutex loading;
    std::weak_ptr<void> thing;  // Guarded by Registry::mutex_.
  };

  StatusOr<std::shared_ptr<void>> GetOrLoadErased(const std::string& key, const Loader& load);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate
