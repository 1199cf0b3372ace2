#pragma once

#include <filesystem>
#include <optional>

namespace quorate {

// How many CPUs' worth of time the control groups of this process allow it: Linux's cgroups v1
// (cpu.cfs_quota_us) and v2 (cpu.max). A group is limited by all groups around it, so the tightest
// limit on the way up to the root of its mount counts; it is rounded up and at least 1. Nothing
// where no group has a limit, and what cannot be read or understood is no limit.
//
// `root` stands for "/": proc/self/cgroup, proc/self/mountinfo and the mounts are looked up below.
std::optional<unsigned> CpuQuota(const std::filesystem::path& root);

}  // namespace quorate
