#include "native/kernels/label_table.h"

#include <algorithm>
#include <numeric>

namespace quorate {

LabelTable MakeLabelTable(const std::vector<int64_t>& labels, const std::vector<int32_t>& places) {
  std::vector<size_t> order(std::max(labels.size(), places.size()));
  std::iota(order.begin(), order.end(), size_t{0});
  const auto label = [&](size_t i) { return labels.empty() ? static_cast<int64_t>(i) : labels[i]; };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return label(a) < label(b); });
  LabelTable table;
  for (const size_t i : order) {
    table.values.push_back(label(i));
    table.classes.push_back(places.empty() ? static_cast<int32_t>(i) : places[i]);
  }
  return table;
}

}  // namespace quorate
