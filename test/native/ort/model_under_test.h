#pragma once

// Loads and runs fixtures through the loader, as the engine does.

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/ort/ort_loader.h"
#include "test/native/ort/library_under_test.h"

namespace quorate::ort {

inline StatusOr<std::shared_ptr<HostModel>> TryLoad(const ModelSource& source,
                                                    const ModelOptions& options = {}) {
  (void)Library();  // Or the process ends with the reason.
  static OrtModelLoader* loader = OrtModelLoader::Create({LibraryPath()}).value().release();
  QUORATE_ASSIGN_OR_RETURN(const LoadedModel model, loader->Load(source, options));
  return std::get<std::shared_ptr<HostModel>>(model);
}

inline std::shared_ptr<HostModel> Load(const std::string& fixture,
                                       const ModelOptions& options = {}) {
  StatusOr<std::shared_ptr<HostModel>> model = TryLoad({Fixture(fixture), nullptr}, options);
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? model.value() : nullptr;
}

// Whether loading fails with `code` and a sentence with every one of `parts`.
inline void ExpectLoadError(const ModelSource& source, StatusCode code,
                            const std::vector<std::string>& parts,
                            const ModelOptions& options = {}) {
  const StatusOr<std::shared_ptr<HostModel>> model = TryLoad(source, options);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.status().code(), code) << model.status().message();
  EXPECT_EQ(model.status().message().find('\n'), std::string::npos);
  for (const std::string& part : parts) {
    EXPECT_NE(model.status().message().find(part), std::string::npos)
        << "\"" << part << "\" is not in: " << model.status().message();
  }
}

inline RunReport RunBatch(HostModel& model, size_t rows, const std::vector<TensorView>& inputs,
                          void* output, size_t output_bytes, const CancelFlag* cancel = nullptr) {
  Batch batch;
  batch.rows = rows;
  batch.inputs = inputs.data();
  batch.output = output;
  batch.output_bytes = output_bytes;
  batch.cancel = cancel;
  return model.Run(batch);
}

// Rows of one input in, `width` numbers per row out.
template <typename In, typename Out>
RunReport RunRows(HostModel& model, size_t rows, const std::vector<In>& x,
                  std::vector<int64_t> row_shape, std::vector<Out>& y,
                  const CancelFlag* cancel = nullptr) {
  return RunBatch(model, rows, {{x.data(), std::move(row_shape)}}, y.data(), y.size() * sizeof(Out),
                  cancel);
}

}  // namespace quorate::ort
