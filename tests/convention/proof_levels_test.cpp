#include "convention/proof_levels.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "convention/schema.h"

namespace modelport {
namespace {

using testing::ElementsAreArray;
using testing::SizeIs;

std::string text_of(const std::string& path) {
  std::ifstream file(MODELPORT_SOURCE_DIR "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What lies between a heading of a Markdown text and the next.
std::string section(const std::string& text, const std::string& heading) {
  const size_t begin = text.find("\n## " + heading + "\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

/// The rows of a text's tables that begin with a word in code, as "word | cell | cell".
std::vector<std::string> rows_of(const std::string& text) {
  std::vector<std::string> rows;
  std::istringstream lines(text);
  const std::regex row(R"(\| `(\w+)` \| (.*) \|)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) rows.push_back(match[1].str() + " | " + match[2].str());
  }
  return rows;
}

std::vector<std::string> words() {
  std::vector<std::string> words;
  for (const ProofLevel& level : proof_levels()) words.emplace_back(level.word);
  return words;
}

/// Every list of allowed words anywhere in a schema that holds this one, without null.
void collect_enums(const Json& schema, const std::string& word, std::vector<std::vector<std::string>>& found) {
  if (schema.is_object() && schema.contains("enum") &&
      std::ranges::find(schema["enum"], Json(word)) != schema["enum"].end()) {
    std::vector<std::string> allowed;
    for (const Json& value : schema["enum"]) {
      if (value.is_string()) allowed.push_back(value.get<std::string>());
    }
    found.push_back(std::move(allowed));
  }
  if (!schema.is_structured()) return;
  for (const Json& part : schema) collect_enums(part, word, found);
}

std::vector<std::vector<std::string>> lists_of_levels(const Json& schema) {
  std::vector<std::vector<std::string>> found;
  collect_enums(schema, "read_back", found);
  return found;
}

TEST(ProofLevels, AreTheTableOfTheConvention) {
  std::vector<std::string> rows;
  for (const ProofLevel& level : proof_levels()) {
    rows.push_back(fmt::format("{} | {} | {} | {}", level.word,
                               level.given_by == ProofLevel::Giver::kExporter ? "exporter" : "service", level.meaning,
                               level.is_green ? "yes" : "no"));
  }
  EXPECT_THAT(rows, SizeIs(7));
  EXPECT_EQ(rows_of(section(text_of("convention/convention.md"), "Levels of proof")), rows);
}

TEST(ProofLevels, SchemasAllowTheWordsOfTheTable) {
  const auto of_capabilities = lists_of_levels(Json::parse(kCapabilitiesSchemaText));
  ASSERT_THAT(of_capabilities, SizeIs(1));
  EXPECT_THAT(of_capabilities[0], ElementsAreArray(words()));
  auto of_proofs = lists_of_levels(Json::parse(kProofSchemaText));
  ASSERT_THAT(of_proofs, SizeIs(2)) << "all, and those that promise figures of the artifact against the checkpoint";
  std::ranges::sort(of_proofs, {}, &std::vector<std::string>::size);
  std::vector<std::string> promising;
  for (const ProofLevel& level : proof_levels()) {
    if (level.is_green && level.given_by == ProofLevel::Giver::kExporter) promising.emplace_back(level.word);
  }
  EXPECT_THAT(of_proofs[0], ElementsAreArray(promising));
  EXPECT_THAT(of_proofs[1], ElementsAreArray(words()));
}

TEST(ProofLevels, TheApiAllowsTheWordsOfTheTable) {
  const auto lists = lists_of_levels(Json::parse(text_of("docs/openapi/schemas.json")));
  ASSERT_THAT(lists, SizeIs(2)) << "of a job and of a format";
  for (const auto& list : lists) EXPECT_THAT(list, ElementsAreArray(words()));
}

TEST(ProofLevels, ThePageKnowsTheWordsOfTheTableAndWhatIsGreen) {
  const std::string page = text_of("web/proof_levels.js");
  const std::regex row(R"(\n  (\w+): \{\s*green: (true|false),)");
  std::vector<std::string> shown, rows;
  for (std::sregex_iterator match(page.begin(), page.end(), row), end; match != end; ++match)
    shown.push_back((*match)[1].str() + " " + (*match)[2].str());
  for (const ProofLevel& level : proof_levels()) rows.push_back(fmt::format("{} {}", level.word, level.is_green));
  EXPECT_EQ(shown, rows);
}

TEST(ProofLevels, AnUnknownWordIsShownAndCountsAsNone) {
  EXPECT_EQ(find_proof_level("rumour"), nullptr);
  EXPECT_EQ(proof_level_of("rumour").word, "none");
  EXPECT_EQ(proof_level_of("").word, "none");
  EXPECT_EQ(proof_level_of("specification").word, "specification");
  EXPECT_EQ(shown_proof("loads"), "loads");
  EXPECT_EQ(shown_proof("ru\nm\x1b\xffur"), "ru m\\x1b\\xffur (not known, counts as none)");
  EXPECT_LT(shown_proof(std::string(100000, 'x')).size(), 200u);
}

TEST(ProofLevels, WordIsReadFromMetadataHoweverItIsWritten) {
  const auto word_of = [](const Json& proof) { return proof_word({{"extra_metadata", {{"proof", proof}}}}); };
  EXPECT_EQ(word_of({{"level", "runtime"}}), "runtime");
  EXPECT_EQ(word_of({{"level", "rumour"}}), "rumour");
  EXPECT_EQ(word_of("structure"), "structure");
  for (const Json& nothing : {Json(), Json::object(), Json::array(), Json(3), Json{{"level", 3}}})
    EXPECT_EQ(word_of(nothing), "none") << nothing;
  EXPECT_EQ(proof_word(Json()), "none");
  EXPECT_EQ(proof_word({{"extra_metadata", 3}}), "none");
}

TEST(ProofLevels, CapabilitiesOfALaterExporterAreUnderstoodWithoutItsWords) {
  const Json told = {{"formats", {{{"proof", "rumour"}}, {{"proof", "runtime"}}, {{"proof", 3}}, Json::object(), 7}}};
  const Json understood = {
      {"formats", {{{"proof", "none"}}, {{"proof", "runtime"}}, {{"proof", 3}}, Json::object(), 7}}};
  EXPECT_EQ(with_known_levels(told), understood);
  for (const Json& other : {Json(), Json(3), Json{{"formats", 3}}}) EXPECT_EQ(with_known_levels(other), other);
}

TEST(ProofLevels, OnlyWhatWasComparedIsGreen) {
  std::vector<std::string_view> green;
  for (const ProofLevel& level : proof_levels()) {
    if (level.is_green) green.push_back(level.word);
  }
  EXPECT_THAT(green, testing::ElementsAre("specification", "read_back", "runtime"));
}

}  // namespace
}  // namespace modelport
