#pragma once

#include <signal.h>

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/serve_settings.h"
#include "service/artifacts/artifact_store.h"
#include "service/checkpoints/checkpoint_source.h"

namespace modelport {

/// `modelport serve [--listen ADDRESS:PORT] [--data-dir DIR] [--config FILE]`: the Backend. SIGTERM and SIGINT end it
/// in order, SIGHUP reads the configuration and the trainers again.
Result<int> run_serve(std::span<const std::string> arguments);

/// What `serve` and `worker` have in common.
Result<ServeSettings> settings_from(const GivenArguments& given);
/// Who may ask, as follows from where they are heard.
AccessRules access_of(const ServeSettings& settings);
/// Null: in the data directory.
Result<std::unique_ptr<ArtifactStore>> artifact_store_of(const ServeSettings& settings);
/// Null where checkpoint_path is no URL.
Result<std::unique_ptr<CheckpointSource>> checkpoint_source_of(const ServeSettings& settings);
/// Signals are taken by one thread, so that no handler runs in the middle of anything. Children start with none
/// blocked.
sigset_t block_signals();

}  // namespace modelport
