#include "models/ultralytics/framework_metadata.h"

#include "models/ultralytics/python_text.h"

namespace modelport::ultralytics {

std::vector<std::pair<std::string, std::string>> framework_metadata(const SourceModel& model, std::string_view head,
                                                                    HeadChoice choice) {
  const ModelFacts& facts = model.facts;
  const InputSizes& sizes = model.sizes;
  // Its predictors read this as "any height and width".
  const bool dynamic = sizes.dynamic == DynamicAxes::kAll;
  const bool selects = facts.detection && facts.detection->suppression == Suppression::kNotNeeded;
  const std::string_view nms = choice == HeadChoice::kDefault ? "None" : python_bool(choice == HeadChoice::kNmsInside);
  std::vector<std::pair<std::string, std::string>> entries = {
      {"description", facts.description},
      {"author", facts.author},
      {"date", facts.date},
      {"version", facts.framework_version},
      {"license", facts.license},
      {"docs", facts.docs},
      {"stride", fmt::format("{}", facts.stride)},
      {"task", facts.source_task},
      {"head", std::string(head)},
      {"batch", fmt::format("{}", sizes.batch)},
      {"imgsz", fmt::format("[{}, {}]", sizes.height, sizes.width)},
      {"names", python_dict_of_names(facts.class_names)},
      {"args", fmt::format("{{'batch': {}, 'dynamic': {}, 'nms': {}}}", sizes.batch, python_bool(dynamic), nms)},
      {"channels", fmt::format("{}", facts.channels)},
      {"end2end", std::string(python_bool(selects && head != "RTDETRDecoder"))},
  };
  if (facts.pose) {
    const auto& [count, width] = facts.pose->keypoint_shape;
    entries.emplace_back("kpt_shape", fmt::format("[{}, {}]", count, width));
  }
  return entries;
}

std::string description(std::string_view model_name, std::string_view data) {
  std::string name(model_name);
  if (const size_t at = name.find("yolo"); at != std::string::npos) name.replace(at, 4, "YOLO");
  return fmt::format("Ultralytics {} model{}{}", name, data.empty() ? "" : " trained on ", data);
}

}  // namespace modelport::ultralytics
