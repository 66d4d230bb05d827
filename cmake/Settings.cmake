# Compiler settings, linked PRIVATE by our own targets and never by third parties.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(MODELPORT_WARNINGS_AS_ERRORS "Treat warnings as errors" OFF)
set(MODELPORT_SANITIZE "" CACHE STRING "Value of -fsanitize= for every target")

add_library(modelport_settings INTERFACE)
target_include_directories(modelport_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(modelport_settings INTERFACE MODELPORT_VERSION="${PROJECT_VERSION}")
# Designated initializers leave defaulted members out on purpose.
target_compile_options(modelport_settings INTERFACE -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
# GCC 12 reports std::string concatenation as overlapping copies (bug 105651) and a std::string moved out of a
# std::variant (Result) as uninitialised.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(modelport_settings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(MODELPORT_WARNINGS_AS_ERRORS)
  target_compile_options(modelport_settings INTERFACE -Werror)
endif()
# A baseline that every x86-64 server since 2009 has; kernels dispatch to AVX2 and AVX-512 at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()
if(MODELPORT_SANITIZE)
  add_compile_options(-fsanitize=${MODELPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MODELPORT_SANITIZE})
endif()
if(MODELPORT_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
