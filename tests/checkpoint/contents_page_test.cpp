#include <gtest/gtest.h>

#include <map>

#include "checkpoint/acting_call.h"
#include "checkpoint/container.h"
#include "checkpoint/pickle_call.h"
#include "memory_checkpoint.h"
#include "models/ultralytics/names/family.h"

namespace modelport {
namespace {

constexpr std::string_view kBegin = "<!-- tables -->\n";
constexpr std::string_view kEnd = "<!-- end of tables -->\n";
constexpr const char* kPage = MODELPORT_SOURCE_DIR "/docs/checkpoint_contents.md";

std::string acting_rows(std::span<const ActingCall> rows) {
  std::map<std::string_view, std::string> names;
  for (const ActingCall& row : rows) {
    std::string& list = names[row.on];
    list += fmt::format("{}`{}`", list.empty() ? "" : ", ", row.name);
  }
  std::string out;
  for (const auto& [on, list] : names) out += fmt::format("| {} | {} |\n", on, list);
  return out;
}

std::string tables() {
  std::string out = "\n## Known data\n\n| called | becomes |\n|---|---|\n";
  for (const auto& rows : {pickle_callables(), ultralytics::family().callables}) {
    for (const PickleCallable& row : rows) out += fmt::format("| `{}` | {} |\n", row.name, row.reason);
  }
  out += "\n## Methods that may be named\n\n| `getattr(class, name)` | name | what for |\n|---|---|---|\n";
  for (const auto& rows : {pickle_methods(), ultralytics::family().methods}) {
    for (const PickleMethod& row : rows) out += fmt::format("| `{}` | `{}` | {} |\n", row.owner, row.name, row.reason);
  }
  out +=
      "\n## Known to act\n\nA row stands for the name and all below it; exceptions and rows of the first table "
      "excepted.\n\n";
  out += "| on | called |\n|---|---|\n" + acting_rows(acting_calls());
  out += "\n| on | imported |\n|---|---|\n" + acting_rows(acting_imports());
  out += "\n## Containers\n\n| file | read | what to do |\n|---|---|---|\n";
  for (const ContainerInfo& row : containers()) {
    out += fmt::format("| {} | {} | {} |\n", row.name, row.support == ContainerInfo::Support::kRead ? "yes" : "no",
                       row.hint);
  }
  return out + "\n";
}

TEST(ContentsPage, HasTheTablesOfTheCode) {
  std::string page = file_content(kPage);
  const size_t begin = page.find(kBegin), end = page.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  const size_t from = begin + kBegin.size();
  if (std::getenv("MODELPORT_UPDATE_GOLDEN")) {
    std::ofstream(kPage, std::ios::binary) << page.substr(0, from) + tables() + page.substr(end);
    page = file_content(kPage);
  }
  EXPECT_EQ(page.substr(from, page.find(kEnd) - from), tables()) << "MODELPORT_UPDATE_GOLDEN=1 rewrites the page";
}

}  // namespace
}  // namespace modelport
