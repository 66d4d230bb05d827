#include "export/export_options.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "formats/onnx/options.h"
#include "io/mapped_file.h"
#include "models/ultralytics/trainer.h"

namespace modelport {
namespace {

using testing::HasSubstr;

const std::string kGolden = std::string(MODELPORT_SOURCE_DIR) + "/tests/export/golden/export_config.json";

/// Of a family without detectors: it reads the common options alone.
const Trainer kPlain{.framework = "plain", .executable = "modelport-plain"};

Result<ExportOptions> parse(const std::string& text, const Trainer& trainer, std::string_view format) {
  const FormatRow* row = find_format(format);
  TRY(options, parse_export_config(text, trainer, {&row, 1}));
  return options.front();
}

std::string refusal(const std::string& text, const Trainer& trainer, std::string_view format) {
  const auto options = parse(text, trainer, format);
  return options ? "taken" : options.error().text();
}

/// What export_config.json records of `text`.
Json recorded(const std::string& text, const Trainer& trainer, std::string_view format) {
  const auto options = parse(text, trainer, format);
  EXPECT_TRUE(options) << options.error().text();
  const InputSizes sizes{options->build.batch, 64, 96, options->build.dynamic};
  return export_config_json(in_effect(*options, sizes, Validation::kReference, 0.5), trainer, *find_format(format));
}

TEST(ExportOptions, SchemasAreThePublishedOnes) {
  Json schemas = Json::object();
  for (const FormatRow& row : format_table()) {
    if (row.format != nullptr) schemas[std::string(row.name)] = export_config_schema(ultralytics_trainer(), row);
  }
  if (std::getenv("MODELPORT_UPDATE_GOLDEN")) std::ofstream(kGolden) << print_json(schemas);
  const auto file = MappedFile::open(kGolden);
  ASSERT_TRUE(file);
  const auto bytes = (*file)->bytes();
  EXPECT_EQ(print_json(schemas), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

/// The default that a schema states is the value that takes effect.
TEST(ExportOptions, StatedDefaultsTakeEffect) {
  for (const FormatRow& row : format_table()) {
    if (row.format == nullptr) continue;
    const Json effective = recorded("", ultralytics_trainer(), row.name);
    const Json schema = export_config_schema(ultralytics_trainer(), row);
    for (const auto& [name, property] : schema["properties"].items()) {
      const Json& described = property["anyOf"][0];
      if (!described.contains("default") || name == "fp16") continue;
      EXPECT_EQ(effective.value(name, Json("absent")), described["default"]) << row.name << ' ' << name;
    }
  }
}

TEST(ExportOptions, RecordsWhatTookEffectInTheOrderOfTheSchema) {
  const Json onnx = recorded(R"({"half":true,"ir_version":9,"imgsz":50,"embed_preprocessing":true,"nms":true})",
                             ultralytics_trainer(), "onnx");
  EXPECT_EQ(onnx.dump(),
            R"({"opset_version":17,"ir_version":9,"dynamic_axes":false,"simplify":true,"batch_size":1,"imgsz":[64,96],)"
            R"("half":true,"conf":0.25,"iou":0.7,"nms":true,"max_det":300,"agnostic_nms":false,)"
            R"("embed_preprocessing":"rgb","validate":"reference","tolerance":0.5,"keep_failed":false})");
  EXPECT_EQ(recorded(R"({"dynamic_axes":"batch","batch_size":2.0})", kPlain, "openvino").dump(),
            R"({"dynamic_axes":"batch","simplify":true,"batch_size":2,"imgsz":[64,96],"half":false,)"
            R"("validate":"reference","tolerance":0.5,"keep_failed":false})");
}

/// What was recorded reads as the same options.
TEST(ExportOptions, RecordsReadBack) {
  const std::string config =
      R"({"opset_version":13,"ir_version":8,"dynamic_axes":true,"half":true,"nms":false,"agnostic_nms":true,)"
      R"("embed_preprocessing":"bgr","class_names":["a","b"],"module_aliases":{"a.B":["x","y"]},"keep_failed":true})";
  const Json once = recorded(config, ultralytics_trainer(), "onnx");
  EXPECT_EQ(recorded(once.dump(), ultralytics_trainer(), "onnx"), once);
  EXPECT_EQ(once["module_aliases"].dump(), R"({"a.B":["x","y"]})");
}

TEST(ExportOptions, ATrainerOffersWhatItReads) {
  for (const char* own : {"conf", "iou", "nms", "max_det", "agnostic_nms", "embed_preprocessing", "module_aliases"}) {
    const Json offered = export_config_schema(kPlain, *find_format("onnx"))["properties"];
    EXPECT_FALSE(offered.contains(own)) << own;
    EXPECT_TRUE(export_config_schema(ultralytics_trainer(), *find_format("onnx"))["properties"].contains(own)) << own;
    EXPECT_THAT(refusal("{\"" + std::string(own) + "\": null}", kPlain, "onnx"), HasSubstr("unknown key")) << own;
  }
  EXPECT_THAT(refusal(R"({"zzzz":1})", kPlain, "torchscript"),
              HasSubstr("torchscript takes dynamic_axes, simplify, batch_size, imgsz, half, fp16, class_names"));
}

TEST(ExportOptions, AFormatOffersWhatItReads) {
  EXPECT_EQ(refusal(R"({"opset_version":17})", kPlain, "openvino"),
            "export_config.opset_version is an option of onnx, openvino does not take it");
  EXPECT_EQ(refusal(R"({"int8":true})", kPlain, "onnx"),
            "export_config.int8 is an option of tensorrt tflite, onnx does not take it");
  EXPECT_EQ(parse(R"({"opset_version":13})", kPlain, "onnx")->format.as<onnx::OnnxOptions>().opset_version, 13);
}

TEST(ExportOptions, RangesAreThoseOfTheSchema) {
  for (const FormatRow& row : format_table()) {
    if (row.format == nullptr) continue;
    for (const auto& [name, property] : export_config_schema(ultralytics_trainer(), row)["properties"].items()) {
      const Json& schema = property["anyOf"][0];
      if (!schema.contains("minimum")) continue;
      for (const char* end : {"minimum", "maximum"}) {
        const double step = end == std::string_view("minimum") ? -1 : 1;
        const auto with = [&, key = name](const Json& value) { return Json({{key, value}}).dump(); };
        EXPECT_EQ(refusal(with(schema[end]), ultralytics_trainer(), row.name), "taken") << name;
        EXPECT_THAT(refusal(with(schema[end].get<double>() + step), ultralytics_trainer(), row.name),
                    HasSubstr("export_config." + name + " must be "));
      }
    }
  }
}

/// What addresses one format wins over what addresses all.
TEST(ExportOptions, KeysOfOneFormatWin) {
  const std::vector<const FormatRow*> formats = {find_format("onnx"), find_format("openvino")};
  const auto options =
      parse_export_config(R"({"onnx":{"half":false,"opset_version":12},"half":true})", kPlain, formats);
  ASSERT_TRUE(options);
  EXPECT_EQ((*options)[0].precision, Precision{});
  EXPECT_EQ((*options)[0].format.as<onnx::OnnxOptions>().opset_version, 12);
  EXPECT_EQ((*options)[1].precision, (Precision{DType::kFloat16, DType::kFloat32}));
}

}  // namespace
}  // namespace modelport
