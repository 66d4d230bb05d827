#include "service/api/openapi.h"

#include <gtest/gtest.h>

#include <set>

#include "service/api/embedded_files.h"

namespace modelport {
namespace {

TEST(OpenApiDocument, SaysWhatTheRowsSay) {
  std::vector<Route> routes;
  routes.push_back({.method = HttpMethod::kPost,
                    .path = "/things/{id}",
                    .operation = "makeThing",
                    .summary = "Makes it.",
                    .answers = {{201, "Made.", "application/json", "Job"}},
                    .parameters = {{.name = "limit",
                                    .description = "How many.",
                                    .type = Parameter::Type::kInteger,
                                    .minimum = 1,
                                    .maximum = 9}},
                    .request_schema = "JobRequest"});
  routes.push_back(
      {.method = HttpMethod::kGet, .path = "/", .operation = "page", .documented = Route::Documented::kNo});
  const Json document = openapi_document(routes);
  EXPECT_EQ(document["paths"].size(), 1u);
  const Json& operation = document["paths"]["/things/{id}"]["post"];
  EXPECT_EQ(operation["operationId"], "makeThing");
  EXPECT_EQ(operation["parameters"][0]["in"], "path");
  EXPECT_EQ(operation["parameters"][1]["schema"], Json({{"type", "integer"}, {"minimum", 1}, {"maximum", 9}}));
  EXPECT_EQ(operation["responses"]["201"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Job");
  EXPECT_TRUE(operation["responses"].contains("default"));
}

TEST(EmbeddedFiles, HoldThePageAndTheSchemas) {
  std::set<std::string_view> names;
  for (const EmbeddedFile& file : embedded_files()) {
    EXPECT_FALSE(file.text.empty()) << file.name;
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
  }
  EXPECT_TRUE(names.contains("assets/index.html"));
  EXPECT_TRUE(parse_json(embedded_file("openapi/schemas.json"), ErrorCode::kInternal));
}

}  // namespace
}  // namespace modelport
