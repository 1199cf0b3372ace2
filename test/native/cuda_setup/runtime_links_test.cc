#include "native/cuda_setup/runtime_links.h"

#include "test/native/ort/cuda_under_test.h"
#include "test/native/ort/new_process.h"

namespace quorate::ort {
namespace {

namespace fs = std::filesystem;

class RuntimeLinks : public testing::Test {
 protected:
  static void SetUpTestSuite() { RuntimeVersion(); }
};

size_t FoldersIn(const std::string& path) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(path), {}));
}

void Links() {
  const CudaMachine machine;
  const std::string linked = LinkedRuntime(LibraryPath(), machine.search);
  EXPECT_EQ(linked.rfind(machine.temporary(), 0), 0u) << linked;
  EXPECT_TRUE(fs::equivalent(linked, LibraryPath()));
  const fs::path folder = fs::path(linked).parent_path();
  EXPECT_TRUE(fs::equivalent(folder / kProviderFile, machine.provider()));
  EXPECT_TRUE(fs::equivalent(folder / kProviderBridgeFile, machine.bridge()));
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all) << "others could write to it";
  EXPECT_EQ(LinkedRuntime(LibraryPath(), machine.search), linked) << "one folder is enough";
  EXPECT_EQ(FoldersIn(machine.temporary()), 1u);
  EXPECT_EQ(UnlinkedRuntime(linked), LibraryPath());
  EXPECT_EQ(UnlinkedRuntime("/another/path"), "/another/path");
}

TEST_F(RuntimeLinks, BringAProviderBesideTheRuntime) { EXPECT_IN_NEW_PROCESS(Links()); }

void NeedsNone() {
  CudaMachine machine;
  EXPECT_EQ(LinkedRuntime("libonnxruntime.so.1", machine.search), "libonnxruntime.so.1");
  EXPECT_EQ(LinkedRuntime("/no/such/file", machine.search), "/no/such/file");
  machine.SetProviderVersion("1.99.0");
  EXPECT_EQ(LinkedRuntime(LibraryPath(), machine.search), LibraryPath());
  machine.search.providers = {""};
  EXPECT_EQ(LinkedRuntime(LibraryPath(), machine.search), LibraryPath());
  EXPECT_EQ(FoldersIn(machine.temporary()), 0u);
}

TEST_F(RuntimeLinks, AreNotMadeWithoutNeed) { EXPECT_IN_NEW_PROCESS(NeedsNone()); }

void LeavesALinkBehind(const std::string& folder) {
  const CudaMachine machine;
  setenv("TMPDIR", folder.c_str(), 1);
  (void)LinkedRuntime(LibraryPath(), machine.search);
  EXPECT_EQ(FoldersIn(folder), 1u);
}

TEST_F(RuntimeLinks, AreGoneWhenTheProcessHasEnded) {
  // The child runs this as well, so the name must not depend on the process.
  const std::string folder = testing::TempDir() + "quorate-links-of-a-process";
  fs::create_directories(folder);
  EXPECT_IN_NEW_PROCESS(LeavesALinkBehind(folder));
  EXPECT_EQ(FoldersIn(folder), 0u);
  EXPECT_TRUE(fs::exists(LibraryPath()));
  fs::remove(folder);
}

void CannotWrite() {
  const CudaMachine machine;
  setenv("TMPDIR", "/no/such/folder", 1);
  EXPECT_EQ(LinkedRuntime(LibraryPath(), machine.search), LibraryPath());
}

TEST_F(RuntimeLinks, AreLeftOutWhereNothingCanBeWritten) { EXPECT_IN_NEW_PROCESS(CannotWrite()); }

}  // namespace
}  // namespace quorate::ort
