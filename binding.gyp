# node-gyp front end, for the repository only (never published). It owns no sources and no flags: CMakeLists.txt does.
{
  'targets': [{
    'target_name': 'quorate_cmake',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake_build',
      'message': 'Building the addon with CMake',
      'inputs': ['CMakeLists.txt'],
      # Never created, so the action always runs and CMake decides what is stale.
      'outputs': ['<(INTERMEDIATE_DIR)/cmake_build.phony'],
      'action': ['cmake', '-DCONFIG=<(CONFIGURATION_NAME)', '-P', 'cmake/GypBuild.cmake'],
    }],
  }],
}
