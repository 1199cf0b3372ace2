#include "test/native/kernels/cuda_report.h"

#include <cstdio>

namespace quorate {
namespace {

std::string NameOf(Layout layout, bool sums, int reads) {
  const char* const names[] = {"4 threads a row", "8 threads a row", "a warp a row, short",
                               "a warp a row", "a block a row"};
  std::string name = names[static_cast<int>(layout)];
  name += sums ? ", sums" : ", votes";
  if (reads == 2) name += ", read twice";
  return name;
}

}  // namespace

void CudaReport::Check(bool good, const std::string& what) {
  good ? ++passed_ : ++failed_;
  if (!good) printf("FAILED: %s\n", what.c_str());
}

void CudaReport::CountReduction(const LaunchShape& shape, bool sums) {
  ++reductions_;
  ++layouts_[NameOf(shape.layout, sums, shape.reads)];
}

void CudaReport::RequireEveryLayout() {
  const auto check = [&](Layout layout, bool sums, int reads) {
    const std::string name = NameOf(layout, sums, reads);
    Check(layouts_.count(name) > 0, "no reduction ran as: " + name);
  };
  for (const Layout layout :
       {Layout::kGroup4, Layout::kGroup8, Layout::kWarpShort, Layout::kWarp, Layout::kTeam}) {
    for (const bool sums : {false, true}) check(layout, sums, 1);
  }
  check(Layout::kTeam, true, 2);
}

bool CudaReport::WriteJson() const {
  FILE* const file = fopen(json_path.c_str(), "w");
  if (file == nullptr) return false;
  fprintf(file,
          "{\"device\":\"%s\",\"reason\":\"%s\",\"driver\":%d,\"passed\":%d,\"failed\":%d,"
          "\"reductionsOnGpu\":%d,\"layouts\":{",
          device.c_str(), reason.c_str(), driver_version, passed_, failed_, reductions_);
  const char* comma = "";
  for (const auto& [name, count] : layouts_) {
    fprintf(file, "%s\"%s\":%d", comma, name.c_str(), count);
    comma = ",";
  }
  fprintf(file, "}}\n");
  return fclose(file) == 0;
}

int CudaReport::Finish() const {
  const bool written = json_path.empty() || WriteJson();
  if (!written) printf("FAILED: %s cannot be written\n", json_path.c_str());
  printf("%d passed, %d failed\n", passed_, failed_ + (written ? 0 : 1));
  return failed_ == 0 && written ? 0 : 1;
}

CudaReport& TheReport() {
  static CudaReport report;
  return report;
}

}  // namespace quorate
