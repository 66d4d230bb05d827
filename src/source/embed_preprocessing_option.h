#pragma once

#include "source/architecture.h"

namespace modelport {

/// The option embed_preprocessing, for trainers whose models passes/embed_preprocessing.cpp can complete.
ExportOption<BuildRequest> embed_preprocessing_option();

}  // namespace modelport
