# node_api: headers (and, on Windows, the import library) for Node-API, whichever
# front end configured us: cmake-js, node-gyp through binding.gyp, or plain CMake.
find_program(NODE_EXECUTABLE node REQUIRED)
function(quorate_node_print result expression)
  execute_process(COMMAND ${NODE_EXECUTABLE} -p "${expression}"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

add_library(node_api INTERFACE)
target_compile_definitions(node_api INTERFACE NAPI_VERSION=9 NAPI_CPP_EXCEPTIONS NODE_ADDON_API_CPP_EXCEPTIONS_ALL
  NODE_ADDON_API_DISABLE_DEPRECATED NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS)
if(CMAKE_JS_INC)
  target_include_directories(node_api SYSTEM INTERFACE ${CMAKE_JS_INC})
  target_link_libraries(node_api INTERFACE ${CMAKE_JS_LIB})
else()
  quorate_node_print(node_api_headers "require('node-api-headers').include_dir")
  target_include_directories(node_api SYSTEM INTERFACE ${node_api_headers})
endif()
quorate_node_print(node_addon_api "require('path').dirname(require.resolve('node-addon-api/napi.h'))")
target_include_directories(node_api SYSTEM INTERFACE ${node_addon_api})
