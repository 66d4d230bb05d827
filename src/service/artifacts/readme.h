#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "service/artifacts/snippets.h"

namespace modelport {

/// README.md of a package: what the model is, what was proven of it, which files there are and what to do next. Names
/// from the metadata are anybody's text and are made printable and inert for Markdown.
std::string package_readme(const Json& metadata, const std::vector<std::string>& files,
                           std::span<const Snippet> snippets);

/// The manifest's: manifest.json, or package_manifest.json beside one of the exporter's own.
std::string manifest_name(const std::vector<std::string>& files);

}  // namespace modelport
