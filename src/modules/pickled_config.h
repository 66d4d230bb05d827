#pragma once

#include "base/json.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// A pickled configuration as a Config reads it: `args` (argparse.Namespace), `pretrained_cfg` and the like. Dicts and
/// objects with attributes become objects, sequences arrays; keys and values of other kinds become their text. kHostile
/// beyond 32 levels or 100,000 values, which what hangs on itself has.
Result<Json> pickled_config(const PickleValue& value);

}  // namespace modelport
