// Which sanitizer this test is built with: QUORATE_ASAN and QUORATE_TSAN are defined or not. GCC
// and Clang say it in different words.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUORATE_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define QUORATE_TSAN
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define QUORATE_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define QUORATE_TSAN
#endif
