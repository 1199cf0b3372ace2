#pragma once

// Runs a statement in a process of its own: for what happens once per process. EXPECTs inside it
// count, and their messages are shown.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

// GoogleTest is silent in such a process.
[[noreturn]] inline void EndProcess() {
  const testing::TestResult& result =
      *testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); ++i) {
    const testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    std::fprintf(stderr, "%s:%d: %s\n", part.file_name(), part.line_number(), part.message());
  }
  std::exit(result.Failed() ? 1 : 0);
}

#define EXPECT_IN_NEW_PROCESS(statement)            \
  do {                                              \
    GTEST_FLAG_SET(death_test_style, "threadsafe"); \
    EXPECT_EXIT(                                    \
        {                                           \
          statement;                                \
          EndProcess();                             \
        },                                          \
        testing::ExitedWithCode(0), "");            \
  } while (false)
