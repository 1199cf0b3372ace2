# CUDA: language, architectures, static runtime. Included only when QUORATE_CUDA is ON.
# "release": every architecture we support and this nvcc offers, and PTX of the newest, so that newer devices than we
# know compile at load time. CI names a small set, for speed. Never "native": a release runs on other machines than the
# one that built it.
set(QUORATE_CUDA_ARCHITECTURES "release" CACHE STRING
  "release, or a list as in CMAKE_CUDA_ARCHITECTURES, e.g. 90-real")
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)

if(QUORATE_CUDA_ARCHITECTURES STREQUAL "release")
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-arch
    OUTPUT_VARIABLE offered COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9]+" offered "${offered}")
  set(numbers)
  foreach(number 75 80 86 89 90 100 120)
    if(number IN_LIST offered)
      list(APPEND numbers ${number})
    else()
      message(STATUS "quorate: nvcc ${CMAKE_CUDA_COMPILER_VERSION} does not know architecture ${number}")
    endif()
  endforeach()
  list(POP_BACK numbers newest)
  list(TRANSFORM numbers APPEND "-real")
  set(CMAKE_CUDA_ARCHITECTURES ${numbers} ${newest})
else()
  set(CMAKE_CUDA_ARCHITECTURES ${QUORATE_CUDA_ARCHITECTURES})
endif()
# A seventh of the size. Drivers before CUDA 12.4 cannot unpack it; those cannot run code of 13.0 anyway.
set(quorate_cuda_compression)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 13.0)
  set(quorate_cuda_compression --compress-mode=size)
endif()

# C++17 on purpose: with 20, CMake 3.25 silently compiles as 17 unless the standard is required.
# -fmad=false: see native/kernels/row_ops.h. The warnings of quorate_flags are for the C++ compiler.
# ptxas reports registers, shared memory and spills of every kernel (scripts/gpu-bundle.mjs).
function(quorate_cuda_target target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-Xcompiler=-fvisibility=hidden;-Xptxas=-v;${quorate_cuda_compression}>)
  target_link_libraries(${target} PRIVATE CUDA::cudart_static)
  set_target_properties(${target} PROPERTIES
    CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF
    CUDA_SEPARABLE_COMPILATION OFF CUDA_RUNTIME_LIBRARY Static)
endfunction()
