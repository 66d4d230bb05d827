#pragma once

#include "source/architecture.h"

namespace modelport {

/// A trainer's main(): argv in, the convention's exit code out. Answers --help, --version and --capabilities on stdout;
/// everything else is said on stderr.
int trainer_main(const Trainer& trainer, int argc, char** argv);

}  // namespace modelport
