#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "runtimes/engine.h"
#include "source/architecture.h"

namespace modelport {

/// What this build does with one of the convention's formats.
struct FormatRow {
  std::string_view name;
  const Format* format;     ///< Null where it is not available.
  Engine* (*engine)();      ///< The engine that proves it; null where there is none.
  std::string_view reason;  ///< Why it is not available.
  /// Options of the convention that it alone will take; known so that the message can say so.
  std::vector<std::string_view> later_options = {};
};

/// One row per format of the convention, in its order.
std::span<const FormatRow> format_table();

/// What an export to this format leaves beside metadata.json: the artifact's files, then the family's.
std::vector<std::string_view> file_names(const Trainer& trainer, const Format& format);

/// What is exported and foretold where no format was named.
const FormatRow& default_format();

/// The row of this name, or null.
const FormatRow* find_format(std::string_view name);

}  // namespace modelport
