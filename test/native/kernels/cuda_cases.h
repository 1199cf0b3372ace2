#pragma once

// The checks of the parity test: the same calls on the GPU and on the CPU, compared bit by bit.

#include "test/native/kernels/cuda_memory.h"

namespace quorate {

// Tiers of every kind, drawn at random.
void CheckRandomTiers(const CudaTest& test);
// Every layout of the kernels, whatever the device.
void CheckLayouts(const CudaTest& test);
// From one row to a million, from two classes to 65,536, up to 64 members; no rows at all.
void CheckShapes(const CudaTest& test);
// More scores than 32 bits can count, if they fit the device.
void CheckManyScores(const CudaTest& test);
// Lists of deferred rows; rows of any size and alignment.
void CheckCompaction(const CudaTest& test);
void CheckGather(const CudaTest& test);
// Outputs in another order of classes.
void CheckClassMaps(const CudaTest& test);
void CheckLabels(const CudaTest& test);
// The conformance vectors.
void CheckVectorsFile(const CudaTest& test, const std::string& path);

}  // namespace quorate
