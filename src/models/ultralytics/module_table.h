#pragma once

#include <span>
#include <string_view>

#include "models/ultralytics/translation.h"

namespace modelport::ultralytics {

/// One module class that is translated. To add one: a file with its function, a line in modules.h, a row in
/// module_table.cpp.
struct ModuleRow {
  std::string_view class_name;  ///< As the newest framework names it: "ultralytics.nn.modules.conv.Conv".
  ModuleFunction function;
};

std::span<const ModuleRow> module_table();

/// The function of a class, or null.
ModuleFunction find_module_function(std::string_view class_name);

/// What a user can do about a class of their own.
inline constexpr std::string_view kAliasHint =
    "a class that is built from known parts under another name can be mapped by the option module_aliases";

}  // namespace modelport::ultralytics
