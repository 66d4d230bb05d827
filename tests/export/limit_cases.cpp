#include "limit_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "models/ultralytics/trainer.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

const fs::path& fixtures() {
  static const fs::path folder = fs::path(MODELPORT_SOURCE_DIR) / "tests/fixtures";
  return folder;
}

/// Of classes that only its own project has; exported with module_aliases elsewhere.
constexpr std::string_view kNeedsAliases = "own-classes";

/// Whose random weights are at the limit in float16: how an engine accumulates decides.
constexpr std::string_view kUndecidedInHalf[] = {"families/yolo11-obb", "families/yolo11-pose"};

std::vector<std::string> checkpoints_below(const fs::path& folder, const std::string& prefix) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".pt" && entry.path().stem() != kNeedsAliases)
      names.push_back(prefix + entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

/// {"half": true, "nms": false} of "half=true nms=false".
std::string config_text(const std::string& settings) {
  std::string text = R"({"imgsz": [96, 128])";
  for (size_t begin = 0; begin < settings.size();) {
    const size_t end = std::min(settings.find(' ', begin), settings.size()), equals = settings.find('=', begin);
    text += ", \"" + settings.substr(begin, equals - begin) + "\": " + settings.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return text + "}";
}

const std::string& scaled_folder() {
  static const std::string folder = [] {
    const char* named = std::getenv("MODELPORT_SCALED");
    return std::string(named != nullptr ? named : "");
  }();
  return folder;
}

}  // namespace

std::string LimitCase::name() const {
  return checkpoint + " " + format + " " + (settings.empty() ? "default" : settings);
}

std::string LimitCase::path() const {
  const bool scaled = checkpoint.starts_with("scaled/");
  return scaled ? scaled_folder() + checkpoint.substr(6) + ".pt" : (fixtures() / (checkpoint + ".pt")).string();
}

bool LimitCase::is_half() const { return settings.find("half=true") != std::string::npos; }

ExportTarget LimitCase::target(const std::string& output_dir) const {
  const FormatRow* row = find_format(format);
  auto options = parse_export_config(config_text(settings), ultralytics_trainer(), {&row, 1});
  EXPECT_TRUE(options) << options.error().text();
  return {row, output_dir, options->front()};
}

std::vector<std::string> fixture_checkpoints() {
  std::vector<std::string> checkpoints = checkpoints_below(fixtures(), "");
  std::ranges::copy(checkpoints_below(fixtures() / "families", "families/"), std::back_inserter(checkpoints));
  return checkpoints;
}

std::vector<LimitCase> limit_cases() {
  std::vector<LimitCase> cases;
  for (const std::string& checkpoint : fixture_checkpoints()) {
    cases.push_back({checkpoint, "onnx", ""});
    if (std::ranges::find(kUndecidedInHalf, checkpoint) == std::end(kUndecidedInHalf))
      cases.push_back({checkpoint, "onnx", "half=true"});
  }
  for (const char* checkpoint :
       {"yolo11-sample", "yolo11-cls", "yolo26-sem", "families/yolov8-seg", "families/rtdetr-l"}) {
    for (const char* format : {"openvino", "torchscript"}) {
      for (const char* settings : {"", "half=true"}) cases.push_back({checkpoint, format, settings});
    }
  }
  for (const char* checkpoint : {"yolo11-sample", "families/yolo11-pose"})
    cases.push_back({checkpoint, "onnx", "nms=true"});
  for (const char* checkpoint : {"families/yolo26", "families/yolo26-seg", "families/yolo26-pose", "families/yolov10"})
    cases.push_back({checkpoint, "onnx", "nms=false"});
  cases.push_back({"families/yolo26", "onnx", "half=true nms=false"});
  cases.push_back({"yolo11-sample", "onnx", "half=true nms=true"});
  for (const char* settings : {"dynamic_axes=true", "embed_preprocessing=true"})
    cases.push_back({"yolo11-sample", "onnx", settings});
  return cases;
}

std::vector<LimitCase> scaled_limit_cases() {
  std::vector<LimitCase> cases;
  if (scaled_folder().empty()) return cases;
  for (const std::string& checkpoint : checkpoints_below(scaled_folder(), "scaled/")) {
    for (const char* settings : {"", "half=true"}) cases.push_back({checkpoint, "onnx", settings});
  }
  return cases;
}

}  // namespace modelport
