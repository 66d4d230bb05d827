#include "../base/linear_work.h"
#include "io/zip_reader.h"
#include "zip_builder.h"

namespace modelport {
namespace {

const InputShape kArchives[] = {
    {"members",
     [](size_t n) {
       ZipBuilder zip;
       for (size_t i = 0; i < n; ++i) zip.add(fmt::format("member{:06}", i), "x");
       return zip.finish();
     }},
    {"members whose names begin alike",
     [](size_t n) {
       ZipBuilder zip;
       for (size_t i = 0; i < n / 4; ++i) zip.add(std::string(100, 'a') + fmt::format("{:06}", i), "");
       return zip.finish();
     }},
    {"one member, listed again and again",
     [](size_t n) {
       ZipBuilder zip;
       zip.add(std::string(n, 'a'), "x");
       for (size_t i = 0; i < n; ++i)
         zip.add(ZipBuilder::Member{.name = fmt::format("member{:06}", i), .raw = "", .offset = 0});
       return zip.finish();
     }},
    {"end records in weights", [](size_t n) { return ZipBuilder().add("a", repeated(n, "PK\x05\x06")).finish(); }},
};

TEST(LinearWork, OfZipArchives) {
  expect_linear_work(kArchives, [](const std::string& archive) {
    (void)ZipReader::open({reinterpret_cast<const std::byte*>(archive.data()), archive.size()});
  });
}

}  // namespace
}  // namespace modelport
