#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "service/artifacts/snippets.h"

namespace modelport {

/// What the service found of the artifact; no exporter's file may have this name.
inline constexpr std::string_view kProofFile = "proof.json";

/// README.md of a package: what the model is, what the service proved of it and what its exporter claims, which files
/// there are and what to do next. Names from the metadata are anybody's text and are made printable and inert for
/// Markdown. `proof` is what proof.json holds.
std::string package_readme(const Json& metadata, const Json& proof, const std::vector<std::string>& files,
                           std::span<const Snippet> snippets);

/// Where it lies: README.md, or package_README.md beside one of the exporter's own.
std::string readme_name(const std::vector<std::string>& files);
/// The manifest's: manifest.json, or package_manifest.json beside one of the exporter's own.
std::string manifest_name(const std::vector<std::string>& files);

}  // namespace modelport
