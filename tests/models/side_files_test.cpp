#include "models/ultralytics/side_files.h"

#include <gtest/gtest.h>

#include "models/ultralytics/metadata_yaml.h"

namespace modelport::ultralytics {
namespace {

TEST(UltralyticsSideFiles, LieBesideFormatsThatHoldNoEntries) {
  ASSERT_EQ(side_files().size(), 1u);
  const SideFile& file = side_files()[0];
  EXPECT_EQ(file.name, "metadata.yaml");
  EXPECT_EQ(file.entries, FrameworkEntries::kBeside);
  SourceModel model;
  model.facts.framework_metadata = {{"version", "8.4"}, {"stride", "32"}, {"names", "{0: 'cat', 1: 'hot dog'}"}};
  EXPECT_EQ(file.content(model), "version: '8.4'\nstride: 32\nnames:\n  0: cat\n  1: hot dog\n");
}

TEST(UltralyticsSideFiles, KeepTextTextInYaml) {
  const std::vector<std::pair<std::string, std::string>> entries = {
      {"a", "no"},         {"b", "12:30"},
      {"c", "it's: so"},   {"d", "{'x': [1, (2.5, None)], 'y': {}, 'z': True}"},
      {"e", "two\nlines"}, {"f", "caf\xc3\xa9"},
      {"g", ""},           {"h", "{unclosed"},
      {"i", "8.4.190"},    {"j", "None"},
      {"k", "- dash"},     {"names", "{0: 'yes', 1: \"o'clock\", 2: '3'}"}};
  EXPECT_EQ(metadata_yaml(entries),
            "a: 'no'\nb: '12:30'\nc: 'it''s: so'\nd:\n  x:\n  - 1\n  -\n    - 2.5\n    - null\n  'y': {}\n  z: true\n"
            "e: \"two\\x0Alines\"\nf: 'caf\xc3\xa9'\ng: ''\nh: '{unclosed'\ni: 8.4.190\nj: null\nk: '- dash'\n"
            "names:\n  0: 'yes'\n  1: 'o''clock'\n  2: '3'\n");
}

}  // namespace
}  // namespace modelport::ultralytics
