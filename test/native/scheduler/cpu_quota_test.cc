// Control groups as files of a planted tree.

#include "native/scheduler/cpu_quota.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>

namespace quorate {
namespace {

namespace fs = std::filesystem;
using Quota = std::optional<unsigned>;

constexpr char kV2Mount[] = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";
constexpr char kV1Mount[] = "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n";

class CpuQuotaOf : public testing::Test {
 protected:
  CpuQuotaOf() {
    std::string pattern = fs::temp_directory_path() / "quorate-quota-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) root_ = pattern;
  }
  ~CpuQuotaOf() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void Process(const std::string& groups, const std::string& mounts) {
    Write("proc/self/cgroup", groups);
    Write("proc/self/mountinfo", "23 1 8:1 / / rw - ext4 /dev/root rw\n" + mounts);
  }
  // The group "/app" of cgroup v2, whose cpu.max says `max`.
  Quota WithMax(const std::string& max) {
    Process("0::/app\n", kV2Mount);
    Write("sys/fs/cgroup/app/cpu.max", max);
    return CpuQuota(root_);
  }
  void WriteV1(const std::string& group, const std::string& quota, const std::string& period) {
    Write("sys/fs/cgroup/cpu/" + group + "cpu.cfs_quota_us", quota + "\n");
    Write("sys/fs/cgroup/cpu/" + group + "cpu.cfs_period_us", period + "\n");
  }

  fs::path root_;
};

TEST_F(CpuQuotaOf, V2IsQuotaOverPeriod) { EXPECT_EQ(WithMax("200000 100000\n"), 2u); }

TEST_F(CpuQuotaOf, APartOfACpuCountsAsOne) {
  EXPECT_EQ(WithMax("1000 100000\n"), 1u);
  EXPECT_EQ(WithMax("100000 100000\n"), 1u);
  EXPECT_EQ(WithMax("150000 100000\n"), 2u);
  EXPECT_EQ(WithMax("200001 100000\n"), 3u);
}

TEST_F(CpuQuotaOf, MaxIsNoLimit) { EXPECT_EQ(WithMax("max 100000\n"), std::nullopt); }

TEST_F(CpuQuotaOf, WhatCannotBeUnderstoodIsNoLimit) {
  for (const char* text : {"", "\n", "200000", "200000 ", "200000 0", "0 100000", "-1 100000",
                           "2e5 100000", "200000 100000 1", "99999999999999999999 100000", "x y"}) {
    EXPECT_EQ(WithMax(text), std::nullopt) << text;
  }
}

TEST_F(CpuQuotaOf, V1IsQuotaOverPeriod) {
  Process("4:cpu,cpuacct:/app\n1:name=systemd:/other\n", kV1Mount);
  WriteV1("app/", "250000", "100000");
  EXPECT_EQ(CpuQuota(root_), 3u);
}

TEST_F(CpuQuotaOf, V1WithAQuotaOfMinusOneIsNoLimit) {
  Process("4:cpu,cpuacct:/app\n", kV1Mount);
  WriteV1("app/", "-1", "100000");
  EXPECT_EQ(CpuQuota(root_), std::nullopt);
}

TEST_F(CpuQuotaOf, V1NeedsBothFiles) {
  Process("4:cpu:/app\n", kV1Mount);
  Write("sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "200000\n");
  EXPECT_EQ(CpuQuota(root_), std::nullopt);
}

TEST_F(CpuQuotaOf, TheTightestGroupOnTheWayUpCounts) {
  Process("0::/outer/middle/inner\n", kV2Mount);
  Write("sys/fs/cgroup/outer/cpu.max", "400000 100000\n");
  Write("sys/fs/cgroup/outer/middle/cpu.max", "150000 50000\n");
  Write("sys/fs/cgroup/outer/middle/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(CpuQuota(root_), 3u);
  Write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 2u);
}

TEST_F(CpuQuotaOf, OtherGroupsDoNotCount) {
  Process("0::/app\n", kV2Mount);
  Write("sys/fs/cgroup/other/cpu.max", "100000 100000\n");
  Write("sys/fs/cgroup/app/child/cpu.max", "100000 100000\n");
  EXPECT_EQ(CpuQuota(root_), std::nullopt);
}

TEST_F(CpuQuotaOf, AMountMayShowAPartOfTheHierarchy) {
  Process("4:cpu:/docker/0123/worker\n",
          "31 23 0:27 /docker/0123 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  WriteV1("worker/", "300000", "100000");
  EXPECT_EQ(CpuQuota(root_), 3u);
  WriteV1("", "100000", "100000");
  EXPECT_EQ(CpuQuota(root_), 1u);
}

TEST_F(CpuQuotaOf, WhatIsMountedIsTheGroupWhenItsPathLiesElsewhere) {
  Process("4:cpu:/docker/0123\n",
          "31 23 0:27 /pods/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
  WriteV1("", "200000", "100000");
  EXPECT_EQ(CpuQuota(root_), 2u);
  Process("0::/../other\n", kV2Mount);
  Write("sys/fs/cgroup/cpu.max", "500000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 5u);
}

TEST_F(CpuQuotaOf, HybridSystemsAreLimitedByBothHierarchies) {
  Process("4:cpu,cpuacct:/app\n0::/app\n",
          std::string(kV1Mount) + "32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  WriteV1("app/", "400000", "100000");
  EXPECT_EQ(CpuQuota(root_), 4u);
  Write("sys/fs/cgroup/unified/app/cpu.max", "300000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 3u);
}

TEST_F(CpuQuotaOf, MountPointsMayHaveBlanks) {
  Process("0::/app\n", "30 23 0:26 / /sys/control\\040groups rw - cgroup2 cgroup2 rw\n");
  Write("sys/control groups/app/cpu.max", "200000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 2u);
}

TEST_F(CpuQuotaOf, ASystemWithoutGroupsHasNoLimit) {
  EXPECT_EQ(CpuQuota(root_), std::nullopt);
  Process("nonsense\n:\n::\n", "1 2\n- cgroup2\n- - - - - - - - - -\n");
  EXPECT_EQ(CpuQuota(root_), std::nullopt);
}

}  // namespace
}  // namespace quorate
