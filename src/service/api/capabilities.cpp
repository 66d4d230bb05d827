#include <algorithm>

#include "base/printable.h"
#include "convention/proof_levels.h"
#include "service/api/handlers.h"
#include "service/api/job_json.h"
#include "service/api/valid_values.h"

namespace modelport {

namespace {

Json format_json(const FormatCapability& format) {
  Json out = {{"format", format.format},
              {"supported", format.supported && !format.is_known ? Json() : Json(format.supported)},
              {"native_support", format.native_support},
              {"requires_conversion", format.requires_conversion},
              {"optimization_options", format.optimization_options},
              {"export_config", format.export_config_schema},
              {"proof", format.proof.empty() ? Json() : Json(proof_level_of(format.proof).word)},
              {"proof_word", unknown_proof_word(format.proof)},
              {"since", format.since ? Json(timestamp_text(*format.since)) : Json()},
              {"marked_by", format.marked_by.empty() ? Json() : Json(format.marked_by)}};
  if (!format.supported) out["reason"] = printable(format.reason);
  if (format.supported && !format.is_known)
    out["reason"] =
        "not known: the exporter has no --capabilities, and none of its exports to this format has completed";
  return out;
}

Json framework_json(const FrameworkCapability& framework, const std::string& task_type) {
  Json out = {{"framework", framework.framework},
              {"task_type", task_type.empty() ? Json() : Json(task_type)},
              {"task_types", framework.task_types},
              {"default_format", framework.default_format.empty() ? Json() : Json(framework.default_format)},
              {"supported_formats", Json::array()},
              {"trainer", framework.trainer},
              {"exporter_version", framework.exporter_version.empty() ? Json() : Json(framework.exporter_version)},
              {"convention_version", framework.convention_version},
              {"problem", framework.problem.empty() ? Json() : Json(printable(framework.problem))}};
  for (const FormatCapability& format : framework.formats) out["supported_formats"].push_back(format_json(format));
  return out;
}

}  // namespace

ApiAnswer get_capabilities(Api& api, const HttpRequest& request) {
  const std::string wanted = text_parameter(request, "framework"), task_type = text_parameter(request, "task_type");
  const std::vector<FrameworkCapability> all = api.backend.capabilities();
  if (const auto problem = unknown_framework(all, wanted)) return problem_response(*problem, request);
  Json frameworks = Json::array();
  for (const FrameworkCapability& framework : all) {
    if (!wanted.empty() && framework.framework != wanted) continue;
    if (!task_type.empty() && std::ranges::find(framework.task_types, task_type) == framework.task_types.end())
      continue;
    frameworks.push_back(framework_json(framework, task_type));
  }
  return json_answer({{"frameworks", std::move(frameworks)}});
}

ApiAnswer clear_unavailable_mark(Api& api, const HttpRequest& request) {
  CHECK_OK(api.backend.clear_override(std::string(request.path_parameter("framework")),
                                      std::string(request.path_parameter("export_format"))));
  HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace modelport
