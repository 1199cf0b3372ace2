#pragma once

// The one includer of napi.h. cmake/NodeApi.cmake sets the version and the kind of exceptions; here
// is what the code itself relies on.

#ifndef NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#error "build with NODE_ADDON_API_CPP_EXCEPTIONS_ALL: a stray std::exception would end the process"
#endif

// A worker that is being terminated refuses to throw; that is no reason to end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

#include <napi.h>

static_assert(NAPI_VERSION == 9, "the addon promises Node-API version 9");
