#include "cli/inspect_report.h"

#include <map>
#include <set>

#include "base/printable.h"
#include "modules/checkpoint_facts.h"
#include "modules/network_sketch.h"

namespace modelport {
namespace {

void add_if_told(Json& report, std::string_view key, const std::string& value) {
  if (!value.empty()) report[key] = value;
}

/// "  name          value" lines of the report's scalars.
void print_scalars(const Json& report, std::string& out) {
  for (const auto& [key, value] : report.items()) {
    if (value.is_string()) out += fmt::format("{:<18} {}\n", key, printable(value.get<std::string>()));
    if (value.is_number()) out += fmt::format("{:<18} {}\n", key, value.get<int64_t>());
  }
}

void print_list(const Json& report, const std::string& key, std::string& out) {
  const auto list = report.find(key);
  if (list == report.end()) return;
  out += fmt::format("{} ({})\n", key, list->size());
  for (const Json& item : *list) out += fmt::format("  {}\n", printable(item.get<std::string>()));
}

void print_object(const Json& report, const std::string& key, std::string& out) {
  const auto object = report.find(key);
  if (object == report.end()) return;
  out += fmt::format("{} ({})\n", key, object->size());
  for (const auto& [name, value] : object->items())
    out += fmt::format("  {:<16} {}\n", printable(name), printable(value.get<std::string>()));
}

std::string_view order_name(NetworkSketch::Order order) {
  switch (order) {
    case NetworkSketch::Order::kConnected:
      return "connected";
    case NetworkSketch::Order::kRegistered:
      return "registered";
    case NetworkSketch::Order::kTensors:
      return "tensors";
  }
  return "";
}

Json block_json(const SketchBlock& block) {
  Json json = {{"name", printable(block.name)}, {"parameters", block.parameters}, {"tensors", block.tensors}};
  if (!block.class_name.empty()) json["class"] = printable(block.class_name);
  if (!block.from.empty()) json["from"] = block.from;
  if (block.channels_in) json["channels_in"] = *block.channels_in;
  if (block.channels_out) json["channels_out"] = *block.channels_out;
  if (block.reduction) json["reduction"] = *block.reduction;
  if (block.kernel) json["kernel"] = *block.kernel;
  return json;
}

Json network_json(const NetworkSketch& sketch) {
  Json blocks = Json::array();
  for (const SketchBlock& block : sketch.blocks) blocks.push_back(block_json(block));
  return {{"order", order_name(sketch.order)}, {"blocks", std::move(blocks)}};
}

std::string channels_text(const Json& block) {
  const auto side = [&](const char* key) {
    return block.contains(key) ? std::to_string(block[key].get<int64_t>()) : std::string("?");
  };
  if (!block.contains("channels_in") && !block.contains("channels_out")) return "";
  return side("channels_in") + " to " + side("channels_out");
}

void print_network(const Json& report, std::string& out) {
  const auto network = report.find("network");
  if (network == report.end()) return;
  const Json& blocks = (*network)["blocks"];
  out += fmt::format("network ({}, {})\n", blocks.size(), (*network)["order"].get<std::string>());
  for (const Json& block : blocks) {
    out += fmt::format("  {:<20} {:<16} {:<14} {:>12} parameters\n", block["name"].get<std::string>(),
                       block.value("class", ""), channels_text(block), block["parameters"].get<int64_t>());
  }
}

void print_tensors(const Json& report, std::string& out) {
  const auto tensors = report.find("tensors");
  if (tensors == report.end()) return;
  out += fmt::format("tensors ({})\n", tensors->size());
  for (const Json& tensor : *tensors) {
    out += fmt::format("  {:<10} {:<20} {}\n", tensor["dtype"].get<std::string>(),
                       shape_text(tensor["shape"].get<Shape>()), printable(tensor["name"].get<std::string>()));
  }
}

Json file_names(const Checkpoint& checkpoint) {
  Json names = Json::array();
  for (const CheckpointFile& each : checkpoint.files) names.push_back(printable(each.name));
  return names;
}

}  // namespace

Json checkpoint_report(const Checkpoint& checkpoint) {
  const CheckpointFacts facts = describe_checkpoint(checkpoint);
  Json report;
  report["file"] = checkpoint.path;
  report["bytes"] = checkpoint.byte_count();
  report["container"] = container_info(checkpoint.container).name;
  if (checkpoint.container == Container::kHubDirectory) report["files"] = file_names(checkpoint);
  report["framework"] = facts.framework;
  add_if_told(report, "version", facts.framework_version);
  add_if_told(report, "date", facts.date);
  add_if_told(report, "license", facts.license);
  add_if_told(report, "model_class", facts.model_class);
  add_if_told(report, "task", facts.task);
  add_if_told(report, "architecture", facts.architecture);
  report["parameters"] = facts.parameter_count;
  if (!facts.class_names.empty()) report["class_names"] = facts.class_names;
  if (!facts.train_args.empty()) {
    // Made in one go: the object would compare each key with all before it.
    std::vector<std::pair<std::string, Json>> args;
    std::map<std::string_view, size_t> places;
    for (const auto& [key, value] : facts.train_args) {
      const auto [place, is_new] = places.emplace(key, args.size());
      if (is_new) args.emplace_back(key, value);
      args[place->second].second = value;
    }
    report["train_args"] = Json::object_t(args.begin(), args.end());
  }
  if (!checkpoint.metadata.empty()) report["metadata"] = checkpoint.metadata;
  report["network"] = network_json(sketch_network(checkpoint));
  Json& tensors = report["tensors"] = Json::array();
  for (const NamedTensor& tensor : list_tensors(checkpoint.root)) {
    tensors.push_back({{"name", tensor.name},
                       {"dtype", dtype_name(tensor.tensor.dtype())},
                       {"shape", tensor.tensor.shape()},
                       {"parameter", tensor.role == PickleTensor::Role::kParameter}});
  }
  Json& globals = report["globals"] = Json::array();
  for (const PickleGlobal& global : checkpoint.globals()) globals.push_back(global.qualified_name());
  return report;
}

Json refusal_report(const std::string& path, const CheckpointSurvey& survey, const Error& error) {
  Json report;
  report["file"] = path;
  report["container"] = container_info(survey.container).name;
  report["verdict"] = error_info(error.code).name;
  report["error"] = error.text();
  report["exportable"] = "no";
  report["reason"] = error.text();
  Json& globals = report["globals"] = Json::array();
  Json calls = Json::array();
  std::set<std::string> seen;
  for (const auto& [member, scan] : survey.pickles) {
    const std::string where = member.empty() ? "" : member + ": ";
    for (const PickleGlobal& global : scan.globals) {
      if (seen.insert(global.qualified_name()).second) globals.push_back(global.qualified_name());
    }
    for (const RefusedCall& call : scan.refused_calls) {
      calls.push_back(fmt::format("{}byte {}: {}", where, call.offset, call.text));
    }
  }
  if (!calls.empty()) report["refused_calls"] = std::move(calls);
  return report;
}

std::string report_text(const Json& report) {
  std::string out;
  print_scalars(report, out);
  print_list(report, "files", out);
  print_list(report, "class_names", out);
  print_object(report, "train_args", out);
  print_object(report, "metadata", out);
  print_network(report, out);
  print_tensors(report, out);
  print_list(report, "refused_calls", out);
  print_list(report, "globals", out);
  return out;
}

}  // namespace modelport
