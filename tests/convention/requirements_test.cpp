#include "convention/requirements.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <regex>

namespace modelport {
namespace {

std::string convention_text() {
  std::ifstream file(MODELPORT_SOURCE_DIR "/convention/convention.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The rows of the text's tables, as "heading | id | level | title".
std::vector<std::string> rows_of_text() {
  std::vector<std::string> rows;
  std::istringstream text(convention_text());
  const std::regex row(R"(\| (EXP-[0-9]{3}) \| (\w+) \| (.+?) \| .*\|)");
  std::string heading;
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (line.starts_with("## ")) heading = line.substr(3);
    if (std::regex_match(line, match, row))
      rows.push_back(fmt::format("{} | {} | {} | {}", heading, match[1].str(), match[2].str(), match[3].str()));
  }
  return rows;
}

TEST(Requirements, TextAndTableSayTheSame) {
  std::vector<std::string> rows;
  for (const Requirement& row : requirements()) {
    rows.push_back(fmt::format("{} | {} | {} | {}", group_title(row.group), row.id, level_name(row.level), row.title));
  }
  EXPECT_GT(rows.size(), 70u);
  EXPECT_EQ(rows_of_text(), rows);
}

TEST(Requirements, NumbersRiseAndEveryRowHelps) {
  std::string_view previous;
  for (const Requirement& row : requirements()) {
    EXPECT_LT(previous, row.id);
    EXPECT_FALSE(row.hint.empty()) << row.id;
    EXPECT_EQ(&requirement(row.id), &row);
    previous = row.id;
  }
}

TEST(Requirements, TextNamesNoUnknownNumber) {
  const std::string text = convention_text();
  const std::regex id("EXP-[0-9]{3}");
  for (std::sregex_iterator match(text.begin(), text.end(), id), end; match != end; ++match) {
    EXPECT_THAT(requirements(), testing::Contains(testing::Field(&Requirement::id, match->str())));
  }
}

}  // namespace
}  // namespace modelport
