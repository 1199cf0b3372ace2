#pragma once

// What the system's loader says.

#include <string>

namespace quorate {

// Why the last dlopen of this thread failed, without `path` in front of it.
std::string LoaderError(const std::string& path = "");

// The file behind a handle of dlopen; `name` when the system does not tell.
std::string LibraryPathOf(void* handle, const std::string& name);

}  // namespace quorate
