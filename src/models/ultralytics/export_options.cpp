#include "models/ultralytics/export_options.h"

#include "models/ultralytics/names/family.h"
#include "source/embed_preprocessing_option.h"

namespace modelport::ultralytics {

namespace {

constexpr int64_t kMaxDetections = 100000;

ExportOption<BuildRequest> module_aliases_option() {
  return {
      "module_aliases", "an object or the path of a JSON file",
      Json::parse(
          R"({"anyOf":[{"type":"object","additionalProperties":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}},{"type":"string"}],"description":"classes of your own: the class of the framework that each stands for, or the children that its forward() applies in order; or the path of a JSON file with such an object"})"),
      [](const Json& value, BuildRequest& request) -> Result<bool> {
        if (!value.is_object() && !value.is_string()) return false;
        TRY(aliases, read_module_aliases(value, families()));
        request.module_aliases = std::move(aliases);
        return true;
      },
      [](const BuildRequest& request) -> std::optional<Json> {
        if (request.module_aliases.empty()) return std::nullopt;
        return module_aliases_json(request.module_aliases);
      }};
}

}  // namespace

std::span<const ExportOption<BuildRequest>> export_options() {
  static const std::vector<ExportOption<BuildRequest>> kRows = {
      number_option<BuildRequest>("conf", 0, 1, &BuildRequest::confidence_threshold),
      number_option<BuildRequest>("iou", 0, 1, &BuildRequest::iou_threshold),
      choice_option<BuildRequest, HeadChoice>(
          "nms", {{true, HeadChoice::kNmsInside}, {false, HeadChoice::kEndToEnd}, {nullptr, HeadChoice::kDefault}},
          &BuildRequest::head,
          "null: the one-to-many head, for the consumer to suppress; false: the end-to-end head where the model has "
          "one; true: suppression inside"),
      integer_option<BuildRequest>("max_det", 1, kMaxDetections, &BuildRequest::max_detections,
                                   "rows of an end-to-end head and of suppression inside"),
      choice_option<BuildRequest, NmsClasses>(
          "agnostic_nms", {{true, NmsClasses::kTogether}, {false, NmsClasses::kApart}}, &BuildRequest::nms_classes,
          "with nms true: boxes of different classes suppress each other"),
      embed_preprocessing_option(),
      module_aliases_option(),
  };
  return kRows;
}

}  // namespace modelport::ultralytics
