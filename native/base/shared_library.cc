#include "native/base/shared_library.h"

#include <dlfcn.h>
#if defined(__linux__)
#include <link.h>
#endif

namespace quorate {

std::string LoaderError(const std::string& path) {
  const char* error = dlerror();
  std::string text = error == nullptr ? "it cannot be opened" : error;
  if (!path.empty() && text.rfind(path + ": ", 0) == 0) text.erase(0, path.size() + 2);
  return text;
}

std::string LibraryPathOf(void* handle, const std::string& name) {
#if defined(__linux__)
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr && *map->l_name != '\0') {
    return map->l_name;
  }
#else
  (void)handle;
#endif
  return name;
}

}  // namespace quorate
