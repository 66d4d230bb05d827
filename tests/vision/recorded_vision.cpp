#include "recorded_vision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "checkpoint/checkpoint.h"

namespace modelport {

namespace {

const std::map<std::string, Tensor>& all_recorded() {
  static const std::map<std::string, Tensor> kAll = [] {
    std::map<std::string, Tensor> all;
    auto file = open_checkpoint(test_file("vision/recorded.safetensors"));
    EXPECT_TRUE(file) << (file ? "" : file.error().text());
    if (!file) return all;
    static const Checkpoint kept = *std::move(file);
    for (const NamedTensor& tensor : list_tensors(kept.root)) all[tensor.name] = tensor.tensor;
    return all;
  }();
  return kAll;
}

}  // namespace

std::string test_file(const std::string& name) { return std::string(MODELPORT_SOURCE_DIR) + "/tests/" + name; }

Tensor recorded_vision(const std::string& name) {
  const auto found = all_recorded().find(name);
  EXPECT_NE(found, all_recorded().end()) << name << " was not recorded";
  return found == all_recorded().end() ? Tensor() : found->second;
}

std::vector<std::string> recorded_vision_names(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : all_recorded()) {
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  return names;
}

ArtifactContract recorded_contract(PredictionKind kind, int64_t classes) {
  ArtifactContract contract;
  contract.input.height = 64;
  contract.input.width = 96;
  contract.input.mean = {0.0, 0.0, 0.0};
  contract.input.std = {1.0, 1.0, 1.0};
  contract.output.kind = kind;
  for (int64_t i = 0; i < classes; ++i) contract.class_names.push_back(std::to_string(i));
  return contract;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  return largest;
}

}  // namespace modelport
