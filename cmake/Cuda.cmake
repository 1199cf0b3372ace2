# CUDA: language, architectures, static runtime. Included only when QUORATE_CUDA is ON.
# "release": every architecture we support, and PTX of the newest, so that newer devices than we know
# compile at load time. CI names a small set, for speed. Never "native": a release runs on other
# machines than the one that built it.
set(QUORATE_CUDA_ARCHITECTURES "release" CACHE STRING
  "release, or a list as in CMAKE_CUDA_ARCHITECTURES, e.g. 90-real")
if(QUORATE_CUDA_ARCHITECTURES STREQUAL "release")
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90-real 100-real 120)
else()
  set(CMAKE_CUDA_ARCHITECTURES ${QUORATE_CUDA_ARCHITECTURES})
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)

# C++17 on purpose: with 20, CMake 3.25 silently compiles as 17 unless the standard is required.
# -fmad=false: see native/kernels/row_ops.h. The warnings of quorate_flags are for the C++ compiler.
# ptxas reports registers, shared memory and spills of every kernel (scripts/gpu-bundle.mjs).
function(quorate_cuda_target target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-Xcompiler=-fvisibility=hidden;-Xptxas=-v>)
  target_link_libraries(${target} PRIVATE CUDA::cudart_static)
  set_target_properties(${target} PROPERTIES
    CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF
    CUDA_SEPARABLE_COMPILATION OFF CUDA_RUNTIME_LIBRARY Static)
endfunction()
