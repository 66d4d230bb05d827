# Every third-party library, found once. All are Debian packages (see tools/packages.txt); linked statically where
# Debian ships an archive, so that an executable needs nothing but the C library.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

find_library(MODELPORT_CRYPTO_ARCHIVE NAMES libcrypto.a REQUIRED)
find_library(MODELPORT_ZLIB_ARCHIVE NAMES libz.a REQUIRED)
find_library(MODELPORT_JPEG_ARCHIVE NAMES libjpeg.a REQUIRED)
find_library(MODELPORT_PNG_ARCHIVE NAMES libpng16.a REQUIRED)
find_library(MODELPORT_SQLITE_ARCHIVE NAMES libsqlite3.a REQUIRED)
find_library(MODELPORT_PUGIXML_ARCHIVE NAMES libpugixml.a REQUIRED)
find_path(MODELPORT_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)
find_path(MODELPORT_POSTGRES_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_path(MODELPORT_BOOST_INCLUDE boost/beast.hpp REQUIRED)

add_library(dep_crypto INTERFACE)
target_link_libraries(dep_crypto INTERFACE ${MODELPORT_CRYPTO_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS})
add_library(dep_zlib INTERFACE)
target_link_libraries(dep_zlib INTERFACE ${MODELPORT_ZLIB_ARCHIVE})
add_library(dep_jpeg INTERFACE)
target_link_libraries(dep_jpeg INTERFACE ${MODELPORT_JPEG_ARCHIVE})
# Imported, so that CMake knows that libpng's archive needs zlib's behind it.
add_library(dep_png STATIC IMPORTED)
set_target_properties(dep_png PROPERTIES IMPORTED_LOCATION ${MODELPORT_PNG_ARCHIVE} INTERFACE_LINK_LIBRARIES dep_zlib)
add_library(dep_pugixml INTERFACE)
target_link_libraries(dep_pugixml INTERFACE ${MODELPORT_PUGIXML_ARCHIVE})
add_library(dep_sqlite INTERFACE)
target_link_libraries(dep_sqlite INTERFACE ${MODELPORT_SQLITE_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS} m)
# Its declarations; the library is opened at run time (src/service/jobs/postgres_library.h).
add_library(dep_postgres INTERFACE)
target_include_directories(dep_postgres SYSTEM INTERFACE ${MODELPORT_POSTGRES_INCLUDE})
target_link_libraries(dep_postgres INTERFACE ${CMAKE_DL_LIBS})
add_library(dep_valijson INTERFACE)
target_include_directories(dep_valijson SYSTEM INTERFACE ${MODELPORT_VALIJSON_INCLUDE})
# Asio and Beast, from headers alone.
add_library(dep_boost INTERFACE)
target_include_directories(dep_boost SYSTEM INTERFACE ${MODELPORT_BOOST_INCLUDE})
target_compile_definitions(dep_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ERROR_CODE_HEADER_ONLY)
target_link_libraries(dep_boost INTERFACE Threads::Threads)
if(MODELPORT_TESTS)
  find_package(GTest REQUIRED)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()

# Declarations of libfmt without its shared object; src/base/fmt_library.cpp holds the implementation.
add_library(dep_fmt INTERFACE)
target_include_directories(dep_fmt SYSTEM INTERFACE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
