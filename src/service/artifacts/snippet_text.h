#pragma once

#include <span>
#include <string_view>

namespace modelport {

/// A file of src/service/artifacts/snippets, compiled in.
struct SnippetText {
  std::string_view name, text;
};
std::span<const SnippetText> snippet_texts();

}  // namespace modelport
