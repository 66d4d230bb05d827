#include "service/run/exporter_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/run/effective_config.h"
#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

using testing::ElementsAre;

const ExporterArguments kArguments = {"/c.pt", "onnx", "/out", R"({"a":"{output_dir}"})"};

TEST(ExporterCommand, AppendsTheConventionsOptions) {
  EXPECT_THAT(exporter_command({"exporter", "run"}, kArguments),
              ElementsAre("exporter", "run", "--checkpoint_path", "/c.pt", "--export_format", "onnx", "--output_dir",
                          "/out", "--export_config", kArguments.export_config));
}

TEST(ExporterCommand, FillsPlaceholdersOnce) {
  EXPECT_THAT(exporter_command({"docker", "run", "-v{output_dir}:/o", "{export_config}", "{unknown}"}, kArguments),
              ElementsAre("docker", "run", "-v/out:/o", R"({"a":"{output_dir}"})", "{unknown}"));
}

TEST(ExporterCommand, TakesDotsOutAsTheSystemDoes) {
  const ScratchDirectory scratch;
  std::filesystem::create_directories(scratch.path("real/inner"));
  std::filesystem::create_directory_symlink(scratch.path("real/inner"), scratch.path("link"));
  scratch.write("real/export.sh", "");
  std::filesystem::create_symlink("export.sh", scratch.path("real/named.sh"));
  const std::string root = std::filesystem::canonical(scratch.path()).string();
  EXPECT_THAT(without_dots({scratch.path("link/../export.sh"), scratch.path("link/../named.sh"), "-v", "../x",
                            scratch.path("gone/../x"), scratch.path("link/..")}),
              ElementsAre(root + "/real/export.sh", root + "/real/named.sh", "-v", "../x", scratch.path("gone/../x"),
                          root + "/real"));
}

TEST(EffectiveConfig, AddsTheSchemasDefaultsAndForgetsTheOrder) {
  const Json schema = {{"properties", {{"opset", {{"default", 17}}}, {"half", {{"type", "boolean"}}}}}};
  EXPECT_EQ(effective_config(Json::object(), schema), Json({{"opset", 17}}));
  EXPECT_EQ(effective_config({{"opset", 12}}, schema), Json({{"opset", 12}}));
  EXPECT_EQ(effective_config({{"x", 1}}, nullptr), Json({{"x", 1}}));
  EXPECT_EQ(canonical_text({{"b", 1}, {"a", {{"d", 2}, {"c", 3}}}}), R"({"a":{"c":3,"d":2},"b":1})");
  const std::string key = export_cache_key("c", "onnx", {{"b", 1}, {"a", 2}}, "v", "f");
  EXPECT_EQ(key, export_cache_key("c", "onnx", {{"a", 2}, {"b", 1}}, "v", "f"));
  EXPECT_NE(key, export_cache_key("c", "onnx", {{"a", 2}, {"b", 1}}, "v", "g"));
  EXPECT_NE(key, export_cache_key("c", "tflite", {{"a", 2}, {"b", 1}}, "v", "f"));
}

}  // namespace
}  // namespace modelport
