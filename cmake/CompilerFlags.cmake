# quorate_flags: what every target of ours is compiled and linked with.
add_library(quorate_flags INTERFACE)
target_compile_features(quorate_flags INTERFACE cxx_std_20)
set_property(TARGET quorate_flags PROPERTY INTERFACE_POSITION_INDEPENDENT_CODE ON)

# No contraction: a * b + c rounds twice on every machine, so the CPU and CUDA twins agree bit for bit.
target_compile_options(quorate_flags INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>:-Wall;-Wextra;-Wshadow;-Wconversion;-ffp-contract=off;-fvisibility=hidden;-fvisibility-inlines-hidden>
  $<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:-Wthread-safety>
  $<$<COMPILE_LANG_AND_ID:CXX,MSVC>:/W4;/permissive-;/fp:precise>)
if(QUORATE_WERROR)
  target_compile_options(quorate_flags INTERFACE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>:-Werror>
    $<$<COMPILE_LANG_AND_ID:CXX,MSVC>:/WX>)
endif()

if(QUORATE_SANITIZE)
  string(REPLACE ";" "," sanitize_csv "${QUORATE_SANITIZE}")
  target_compile_options(quorate_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${sanitize_csv};-fno-sanitize-recover=all;-fno-omit-frame-pointer>)
  target_link_options(quorate_flags INTERFACE -fsanitize=${sanitize_csv})
endif()
