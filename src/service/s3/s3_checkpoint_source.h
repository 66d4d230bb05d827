#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/checkpoints/checkpoint_source.h"
#include "service/s3/s3_config.h"

namespace modelport {

/// "s3://BUCKET/KEY" (one object) and "s3://BUCKET/PREFIX/" (a directory: everything below), under one of `allowed`:
/// "s3://BUCKET" or "s3://BUCKET/PREFIX", whose keys begin with "PREFIX/". Endpoint and credentials are those of
/// `config`; nobody who is given a checkpoint sees them. kInvalidArgument for an entry of `allowed` that is none.
Result<std::unique_ptr<CheckpointSource>> make_s3_checkpoint_source(const S3Config& config,
                                                                    const std::vector<std::string>& allowed);

/// The same for the syntax alone, of a configuration that is being read.
Status check_s3_source(std::string_view entry);

}  // namespace modelport
