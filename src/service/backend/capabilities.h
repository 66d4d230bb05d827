#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "service/config/trainer_config.h"
#include "service/jobs/job_store.h"

namespace modelport {

/// One format of one framework, as GET /export/capabilities tells it.
struct FormatCapability {
  std::string format;
  bool supported = false;  ///< Whether it may be asked for.
  bool is_known = true;    ///< Whether anybody said so: the exporter, the configuration, or an export that completed.
  std::string reason;      ///< Why not; empty when supported.
  bool native_support = false;                    ///< Written by the exporter itself.
  bool requires_conversion = false;               ///< By way of another format.
  std::vector<std::string> optimization_options;  ///< Properties of the schema that make it smaller or faster.
  Json export_config_schema;                      ///< JSON Schema of export_config; null where the exporter gives none.
  std::string proof;  ///< The strongest that this machine can give, in the exporter's word; empty: not said.
  std::optional<Timestamp> since;  ///< Of an unavailability that a run showed, and
  std::string marked_by;           ///< the job whose run that was.
};

/// What one framework can be exported to, and by whom.
struct FrameworkCapability {
  std::string framework;
  std::string trainer;
  std::string exporter_version;    ///< "modelport-ultralytics 0.2.0"; empty where it does not say.
  std::string convention_version;  ///< "1.0" where it does not say.
  std::vector<std::string> task_types;
  std::string default_format;
  std::vector<FormatCapability> formats;  ///< All six of the convention, in its order.
  std::string
      problem;  ///< Why this trainer cannot be used at all (cannot start, another major version); empty: it can.
};

}  // namespace modelport
