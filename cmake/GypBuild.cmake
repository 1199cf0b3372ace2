# Run by binding.gyp: configure and build the addon with CMake.
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
set(build_dir ${root}/build/cmake/gyp-${CONFIG})
separate_arguments(extra NATIVE_COMMAND "$ENV{QUORATE_CMAKE_ARGS}")  # e.g. -DQUORATE_CUDA=OFF
execute_process(COMMAND ${CMAKE_COMMAND} -S ${root} -B ${build_dir} -DCMAKE_BUILD_TYPE=${CONFIG} -DQUORATE_ADDON=ON ${extra}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build_dir} --config ${CONFIG} --parallel COMMAND_ERROR_IS_FATAL ANY)
