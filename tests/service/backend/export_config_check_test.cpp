#include "service/backend/export_config_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct ConfigRow {
  std::string_view name, schema, config;
  std::string_view path;  ///< Of the violation; empty: there is none.
};

constexpr ConfigRow kConfigRows[] = {
    {"no schema", "null", R"({"any": 1})", ""},
    {"no properties", "{}", R"({"any": 1})", ""},
    {"a type", R"({"properties": {"half": {"type": "boolean"}}})", R"({"half": 1})", "export_config.half"},
    {"several types", R"({"properties": {"a": {"type": ["integer", "null"]}}})", R"({"a": null})", ""},
    {"none of several types", R"({"properties": {"a": {"type": ["integer", "null"]}}})", R"({"a": "1"})",
     "export_config.a"},
    {"a whole float is an integer", R"({"properties": {"a": {"type": "integer"}}})", R"({"a": 17.0})", ""},
    {"a fraction is none", R"({"properties": {"a": {"type": "integer"}}})", R"({"a": 17.5})", "export_config.a"},
    {"a bound", R"({"properties": {"a": {"minimum": 13}}})", R"({"a": 12})", "export_config.a"},
    {"a bound is met", R"({"properties": {"a": {"minimum": 13, "maximum": 13}}})", R"({"a": 13})", ""},
    {"an open bound", R"({"properties": {"a": {"exclusiveMaximum": 1}}})", R"({"a": 1})", "export_config.a"},
    {"a bound is of numbers", R"({"properties": {"a": {"minimum": 13}}})", R"({"a": "x"})", ""},
    {"a length in characters", R"({"properties": {"a": {"maxLength": 1}}})", "{\"a\": \"\xc3\xa4\"}", ""},
    {"a list's items", R"({"properties": {"a": {"items": {"type": "integer"}}}})", R"({"a": [1, "2"]})",
     "export_config.a[1]"},
    {"a list's length", R"({"properties": {"a": {"minItems": 2}}})", R"({"a": [1]})", "export_config.a"},
    {"a further key is free", R"({"properties": {"a": {}}})", R"({"b": 1})", ""},
    {"a further key is forbidden", R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"b": 1})",
     "export_config.b"},
    {"of patterns nothing is known", R"({"patternProperties": {"^x": {}}, "additionalProperties": false})",
     R"({"b": 1})", ""},
    {"a further key has a schema", R"({"additionalProperties": {"type": "integer"}})", R"({"b": "1"})",
     "export_config.b"},
    {"a key is needed", R"({"required": ["a"]})", "{}", "export_config.a"},
    {"within an object", R"({"properties": {"a": {"properties": {"b": {"type": "null"}}}}})", R"({"a": {"b": 1}})",
     "export_config.a.b"},
    {"one of several", R"({"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}})", R"({"a": null})",
     ""},
    {"none of several", R"({"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}})", R"({"a": "1"})",
     "export_config.a"},
    {"all of several", R"({"properties": {"a": {"allOf": [{"type": "integer"}, {"maximum": 3}]}}})", R"({"a": 4})",
     "export_config.a"},
    {"what is not understood decides nothing",
     R"({"properties": {"a": {"oneOf": [{"$ref": "#/x"}, {"type": "null"}]}}})", R"({"a": 1})", ""},
    {"a schema that is none", R"({"properties": {"a": 3}, "required": "a", "anyOf": {}, "enum": 1})", R"({"a": 1})",
     ""},
};

TEST(ExportConfigCheck, KeepsToWhatTheSchemaSays) {
  for (const ConfigRow& row : kConfigRows) {
    const auto schema = parse_json(row.schema, ErrorCode::kDamaged);
    const auto config = parse_json(row.config, ErrorCode::kDamaged);
    ASSERT_TRUE(schema && config) << row.name;
    const auto found = check_export_config(*config, *schema);
    EXPECT_EQ(found ? found->path : "", row.path) << row.name;
    if (found) {
      EXPECT_THAT(found->message, HasSubstr(row.path)) << row.name;
    }
  }
}

TEST(ExportConfigCheck, GivesWhatWouldHaveBeenTaken) {
  const auto schema = *parse_json(
      R"({"properties": {"opset_version": {}, "axes": {"anyOf": [{"enum": [true, "batch"]}, {"type": "null"}]}},
          "additionalProperties": false})",
      ErrorCode::kDamaged);
  const auto unknown = check_export_config({{"opset_versoin", 17}}, schema);
  ASSERT_TRUE(unknown);
  EXPECT_THAT(unknown->valid_values, ElementsAre("opset_version", "axes"));
  EXPECT_THAT(unknown->message, HasSubstr("did you mean opset_version?"));
  const auto value = check_export_config({{"axes", "width"}}, schema);
  ASSERT_TRUE(value);
  EXPECT_THAT(value->valid_values, ElementsAre("true", "batch"));
}

TEST(ExportConfigCheck, IsNotLedIntoTheDepth) {
  Json schema = {{"type", "integer"}}, config = 1;
  for (int i = 0; i < 60; ++i) {
    schema = Json{{"properties", {{"a", schema}}}};
    config = Json{{"a", config}};
  }
  config["b"] = "\x1b[31m";
  EXPECT_FALSE(check_export_config(config, schema));
}

}  // namespace
}  // namespace modelport
