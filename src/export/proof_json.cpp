#include <cmath>

#include "export/proof.h"

namespace modelport {

namespace {

Status require_finite(const Check& check, const Comparison& figure) {
  for (const double number : {figure.max_difference, figure.limit, figure.reference_magnitude, figure.cosine}) {
    if (!std::isfinite(number)) {
      return fail(ErrorCode::kValidationFailed,
                  "{}: {} {} differ by {:.3g}, allowed is {:.3g}, magnitude {:.3g}: a proof holds finite numbers",
                  check.what, figure.value, figure.group, figure.max_difference, figure.limit,
                  figure.reference_magnitude);
    }
  }
  return {};
}

}  // namespace

Result<Json> proof_json(const Proof& proof) {
  Json checks = Json::array();
  for (const Check& check : proof.checks) {
    Json entry = {{"kind", proof_name(check.kind)}, {"what", check.what}};
    if (!check.engine.empty()) entry["engine"] = check.engine;
    if (!check.input_shape.empty()) entry["input_shape"] = check.input_shape;
    Json figures = Json::array();
    for (const Comparison& figure : check.figures) {
      CHECK_OK(require_finite(check, figure));
      figures.push_back({{"value", figure.value},
                         {"group", figure.group},
                         {"role", role_name(figure.role)},
                         {"max_difference", figure.max_difference},
                         {"allowed", figure.limit},
                         {"reference_magnitude", figure.reference_magnitude},
                         {"cosine", figure.cosine}});
      if (!unit_of(figure).empty()) figures.back()["unit"] = unit_of(figure);
      if (figure.replaced_rows > 0) figures.back()["replaced_rows"] = figure.replaced_rows;
    }
    if (!figures.empty()) entry["figures"] = figures;
    entry["verdict"] = "agrees";
    checks.push_back(entry);
  }
  return Json{{"level", proof_name(proof.level)}, {"float64_gate", proof.float64_gate}, {"checks", checks}};
}

}  // namespace modelport
