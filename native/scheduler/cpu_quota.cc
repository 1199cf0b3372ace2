#include "native/scheduler/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace quorate {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostCpus = 1 << 20;  // More is no limit.

// A group as /proc/self/cgroup names it: its path in its hierarchy.
struct Groups {
  std::string v1;  // Of the hierarchy with the cpu controller; empty: there is none.
  std::string v2;
};

struct Mount {
  std::string root;  // The group that is mounted,
  fs::path at;       // and where.
  bool v2;
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Lines of "4:cpu,cpuacct:/group", or "0::/group" for v2.
Groups ReadGroups(const fs::path& path) {
  Groups groups;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);  // From 0 where there is none: then the same.
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) groups.v2 = group;
    if (Contains(Split(controllers, ','), "cpu")) groups.v1 = group;
  }
  return groups;
}

// "\040" is a space: mountinfo writes blanks and backslashes in octal.
std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(digits, digits + 3, value, 8).ptr == digits + 3) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Lines of "36 35 98:0 /root /mount/point options [more] - type source super-options".
std::vector<Mount> ReadMounts(const fs::path& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = Split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (dash - fields.begin() < 6 || fields.end() - dash < 4) continue;
    const bool v2 = dash[1] == "cgroup2";
    if (!v2 && (dash[1] != "cgroup" || !Contains(Split(dash[3], ','), "cpu"))) continue;
    const fs::path at = Unescape(fields[4]);
    mounts.push_back({Unescape(fields[3]), root / at.relative_path(), v2});
  }
  return mounts;
}

std::optional<int64_t> ToNumber(std::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

std::string ReadLine(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

// The limit of one group alone.
std::optional<unsigned> LimitOf(const fs::path& group, bool v2) {
  std::optional<int64_t> quota;
  std::optional<int64_t> period;
  if (v2) {
    const std::vector<std::string> parts = Split(ReadLine(group / "cpu.max"), ' ');
    if (parts.size() != 2) return std::nullopt;
    quota = ToNumber(parts[0]);  // Or "max".
    period = ToNumber(parts[1]);
  } else {
    quota = ToNumber(ReadLine(group / "cpu.cfs_quota_us"));  // -1: none.
    period = ToNumber(ReadLine(group / "cpu.cfs_period_us"));
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  const int64_t cpus = *quota / *period + (*quota % *period != 0 ? 1 : 0);
  if (cpus > kMostCpus) return std::nullopt;
  return static_cast<unsigned>(cpus);
}

// The group's path below what is mounted. Where the mount shows another part of the hierarchy, as
// in containers without a namespace of their own for groups, what is mounted is taken to be it.
fs::path Below(const Mount& mount, const std::string& group) {
  const fs::path path = fs::path(group).lexically_relative(mount.root);
  const bool outside = path.empty() || *path.begin() == "..";
  return outside || path == "." ? fs::path() : path;
}

std::optional<unsigned> Tighter(std::optional<unsigned> a, std::optional<unsigned> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// The tightest limit from the group up to the root of the mount.
std::optional<unsigned> LimitUpwards(const Mount& mount, const std::string& group) {
  std::optional<unsigned> tightest = LimitOf(mount.at, mount.v2);
  fs::path at = mount.at;
  for (const fs::path& part : Below(mount, group)) {
    at /= part;
    tightest = Tighter(tightest, LimitOf(at, mount.v2));
  }
  return tightest;
}

}  // namespace

std::optional<unsigned> CpuQuota(const fs::path& root) {
  const Groups groups = ReadGroups(root / "proc/self/cgroup");
  std::optional<unsigned> tightest;
  for (const Mount& mount : ReadMounts(root)) {
    const std::string& group = mount.v2 ? groups.v2 : groups.v1;
    if (!group.empty()) tightest = Tighter(tightest, LimitUpwards(mount, group));
  }
  return tightest;
}

}  // namespace quorate
