#pragma once

#include <span>

#include "modules/module_ledger.h"

namespace modelport::ultralytics {

/// Attributes of the supported module classes that inference does not read, each with its reason. Changing one leaves
/// the artifact byte for byte the same (tests/models/attributes_test.cpp).
std::span<const IgnoreRule> ignore_rules();

}  // namespace modelport::ultralytics
