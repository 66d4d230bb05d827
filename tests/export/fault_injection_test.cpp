#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "../parity/mutations.h"
#include "base/log.h"
#include "export/pipeline.h"
#include "formats/onnx/onnx_model.h"
#include "models/ultralytics/trainer.h"

namespace modelport {
namespace {

namespace fs = std::filesystem;

/// Exports the sample with faults injected, at a size that keeps every layer in play.
class FaultInjectionTest : public testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kError);
    folder_ = fs::temp_directory_path() / ("modelport-faults-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Status export_with(const FaultInjection& faults) {
    ExportRequest request{std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/yolo11-sample.pt",
                          {{find_format(format_), folder_.string(), {}}}};
    request.targets[0].options.build.image_size = {160, 224};
    if (half_) request.targets[0].options.precision = find_format(format_)->format->half;
    return run_export(ultralytics_trainer(), request, faults)[0];
  }

  /// Exit code 2, and nothing published.
  void expect_refused(const std::string& what, const FaultInjection& faults) {
    ++injected_;
    const Status status = export_with(faults);
    if (status) {
      ADD_FAILURE() << what << ": was published";
      return;
    }
    EXPECT_EQ(error_info(status.error().code).exit_code, 2) << what << ": " << status.error().text();
    EXPECT_FALSE(fs::exists(folder_ / "metadata.json")) << what;
    EXPECT_FALSE(fs::exists(folder_) && !fs::is_empty(folder_)) << what;
  }

  fs::path folder_;
  std::string format_ = "onnx";
  bool half_ = false;
  int injected_ = 0;
};

TEST_F(FaultInjectionTest, TheUnspoiledExportPasses) {
  const Status status = export_with({});
  EXPECT_TRUE(status) << status.error().text();
}

/// Of every kind of operator, every change once: the mutants of tests/parity, put into what the passes made.
TEST_F(FaultInjectionTest, InPassOutput) {
  std::set<std::string> kinds;
  std::vector<std::pair<std::string, Graph>> faults;
  FaultInjection look;
  look.after_passes = [&](Graph& graph) {
    for (size_t node = 0; node < graph.nodes.size(); ++node) {
      for (Mutant& mutant : mutants_of(graph, static_cast<NodeId>(node))) {
        const std::string kind = mutant.node.substr(mutant.node.rfind(' ') + 1) + " " + mutant.change;
        if (kinds.insert(kind).second) faults.emplace_back(mutant.node + " " + mutant.change, std::move(mutant.graph));
      }
    }
  };
  ASSERT_TRUE(export_with(look));
  fs::remove_all(folder_);
  for (auto& [what, graph] : faults) {
    expect_refused(what, {.after_passes = [&](Graph& exported) { exported = graph; }});
  }
  EXPECT_GE(injected_, 20);
  std::cout << "faults in pass output refused: " << injected_ << "\n";
}

/// A weight that is slightly or differently wrong: what folding, packing or transposing would get wrong.
TEST_F(FaultInjectionTest, InWeights) {
  const auto edit_weight = [&](const std::string& what, size_t which,
                               const std::function<bool(std::vector<float>&, const Shape&)>& edit) {
    expect_refused(what, {.after_passes = [&](Graph& graph) {
                     size_t seen = 0;
                     for (Node& node : graph.nodes) {
                       if (!std::holds_alternative<Conv>(node.op)) continue;
                       Value& value = graph[node.inputs[which]];
                       std::vector<float> values = value.constant->to_floats();
                       if (seen++ < 3 || !edit(values, value.constant->shape())) continue;
                       value.constant = WeightRecipe::source(
                           Tensor::from_floats(value.constant->shape(), std::move(values)), "spoiled");
                       return;
                     }
                   }});
  };
  edit_weight("a weight scaled by 1.001", 1, [](std::vector<float>& values, const Shape&) {
    for (float& value : values) value *= 1.001f;
    return true;
  });
  edit_weight("one channel's batch norm not folded", 1, [](std::vector<float>& values, const Shape& shape) {
    const auto count = values.size() / static_cast<size_t>(shape[0]);
    for (size_t i = 0; i < count; ++i) values[i] *= 1.5f;
    return true;
  });
  edit_weight("a bias off by 0.01", 2, [](std::vector<float>& values, const Shape&) {
    values[0] += 0.01f;
    return true;
  });
  edit_weight("a 1x1 weight transposed", 1, [](std::vector<float>& values, const Shape& shape) {
    if (shape[0] != shape[1] || shape[2] != 1 || shape[0] < 2) return false;
    const auto n = static_cast<size_t>(shape[0]);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < i; ++j) std::swap(values[i * n + j], values[j * n + i]);
    }
    return true;
  });
  edit_weight("a 3x3 kernel mirrored", 1, [](std::vector<float>& values, const Shape& shape) {
    if (shape[2] != 3) return false;
    for (size_t at = 0; at < values.size(); at += 9)
      std::reverse(values.begin() + static_cast<long>(at), values.begin() + static_cast<long>(at) + 9);
    return true;
  });
  std::cout << "faults in weights refused: " << injected_ << "\n";
}

/// In the format's own nodes, behind every pass.
TEST_F(FaultInjectionTest, InLoweredNodes) {
  const auto edit = [&](const std::string& what, const std::function<bool(onnx::OnnxModel&, onnx::OnnxNode&)>& spoil) {
    bool done = false;
    expect_refused(what, {.after_lowering = [&](LoweredModel& lowered) {
                     auto& model = dynamic_cast<onnx::OnnxModel&>(lowered);
                     for (onnx::OnnxNode& node : model.nodes) {
                       if (!done) done = spoil(model, node);
                     }
                   }});
    EXPECT_TRUE(done) << what << ": found nothing to spoil";
  };
  const auto edit_ints = [&](onnx::OnnxOpType type, const std::string& name,
                             const std::function<void(std::vector<int64_t>&)>& change) {
    edit(name + " of a node", [&](onnx::OnnxModel&, onnx::OnnxNode& node) {
      if (node.type != type) return false;
      for (onnx::OnnxAttribute& attribute : node.attributes) {
        auto* values = std::get_if<std::vector<int64_t>>(&attribute.value);
        if (attribute.name != name || values == nullptr) continue;
        const std::vector<int64_t> before = *values;
        change(*values);
        return *values != before;
      }
      return false;
    });
  };
  const auto edit_int = [&](onnx::OnnxOpType type, const std::string& name, int64_t value) {
    edit(name + " of a node", [&](onnx::OnnxModel&, onnx::OnnxNode& node) {
      if (node.type != type) return false;
      for (onnx::OnnxAttribute& attribute : node.attributes) {
        auto* old_value = std::get_if<int64_t>(&attribute.value);
        if (attribute.name != name || old_value == nullptr || *old_value == value) continue;
        *old_value = value;
        return true;
      }
      return false;
    });
  };
  edit_ints(onnx::OnnxOpType::kConv, "pads", [](std::vector<int64_t>& pads) {
    std::rotate(pads.begin(), pads.begin() + 1, pads.end()), pads[0] += 1, pads[2] -= 1;
  });
  edit_ints(onnx::OnnxOpType::kConv, "strides", [](std::vector<int64_t>& strides) { strides = {1, 1}; });
  edit_ints(onnx::OnnxOpType::kMaxPool, "kernel_shape", [](std::vector<int64_t>& kernel) { kernel = {3, 3}; });
  edit_ints(onnx::OnnxOpType::kTranspose, "perm",
            [](std::vector<int64_t>& axes) { std::swap(axes[axes.size() - 1], axes[axes.size() - 2]); });
  edit_int(onnx::OnnxOpType::kSoftmax, "axis", 1);
  edit_int(onnx::OnnxOpType::kConcat, "axis", 2);
  edit("parts of Concat swapped", [](onnx::OnnxModel&, onnx::OnnxNode& node) {
    if (node.type != onnx::OnnxOpType::kConcat) return false;
    std::swap(node.inputs[0], node.inputs[1]);
    return true;
  });
  edit("parts of a value swapped", [](onnx::OnnxModel& model, onnx::OnnxNode& node) {
    if (node.type != onnx::OnnxOpType::kSlice) return false;
    const auto other = std::ranges::find_if(model.nodes, [&](const onnx::OnnxNode& each) {
      return each.type == onnx::OnnxOpType::kSlice && each.inputs[0] == node.inputs[0] && &each != &node;
    });
    if (other == model.nodes.end()) return false;
    std::swap(node.outputs[0], other->outputs[0]);
    return true;
  });
  edit("Mul becomes Add", [](onnx::OnnxModel&, onnx::OnnxNode& node) {
    if (node.type != onnx::OnnxOpType::kMul) return false;
    node.type = onnx::OnnxOpType::kAdd;
    return true;
  });
  edit("an operand from elsewhere", [](onnx::OnnxModel& model, onnx::OnnxNode& node) {
    if (node.type != onnx::OnnxOpType::kSigmoid || &node == &model.nodes[1]) return false;
    node.inputs[0] = "images";
    return true;
  });
  edit("two weights of one shape swapped", [](onnx::OnnxModel& model, onnx::OnnxNode&) {
    for (size_t a = 0; a < model.initializers.size(); ++a) {
      for (size_t b = a + 1; b < model.initializers.size(); ++b) {
        if (model.initializers[a].data.shape().size() != 4 ||
            model.initializers[a].data.shape() != model.initializers[b].data.shape())
          continue;
        std::swap(model.initializers[a].data, model.initializers[b].data);
        return true;
      }
    }
    return false;
  });
  edit("a declared output shape", [](onnx::OnnxModel& model, onnx::OnnxNode&) {
    model.outputs[0].shape[1] = int64_t{6};
    return true;
  });
  std::cout << "faults in lowered nodes refused: " << injected_ << "\n";
}

/// In the bytes of the file, wherever they fall.
TEST_F(FaultInjectionTest, InEmittedBytes) {
  const auto spoil = [&](const std::string& what, const std::function<void(std::string&)>& edit) {
    expect_refused(what, {.after_writing = [&](const std::string& path) {
                     std::ifstream in(path, std::ios::binary);
                     std::string bytes((std::istreambuf_iterator<char>(in)), {});
                     in.close();
                     edit(bytes);
                     std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
                   }});
  };
  for (const int percent : {0, 1, 20, 50, 80, 99}) {
    spoil("truncated at " + std::to_string(percent) + " %",
          [&](std::string& bytes) { bytes.resize(bytes.size() * static_cast<size_t>(percent) / 100); });
  }
  for (int part = 0; part < 40; ++part) {
    spoil("bit flipped in part " + std::to_string(part), [&](std::string& bytes) {
      char& byte = bytes[bytes.size() * static_cast<size_t>(part) / 40 + 3];
      byte = static_cast<char>(byte ^ (1 << (part % 8)));
    });
  }
  spoil("bytes appended", [](std::string& bytes) { bytes += std::string(16, '\x7f'); });
  spoil("empty", [](std::string& bytes) { bytes.clear(); });
  std::cout << "faults in emitted bytes refused: " << injected_ << "\n";
}

/// What float16 rounds hides no fault, in any format.
TEST_F(FaultInjectionTest, InHalfOfEveryFormat) {
  half_ = true;
  for (const char* format : {"onnx", "openvino", "torchscript"}) {
    format_ = format;
    const auto spoil_weight = [&](const std::string& what, const std::function<void(std::vector<float>&)>& edit) {
      bool done = false;
      expect_refused(format_ + ": " + what, {.after_passes = [&](Graph& graph) {
                       size_t seen = 0;
                       for (Value& value : graph.values) {
                         if (done || !value.constant || value.constant->shape().size() != 4 || seen++ < 3) continue;
                         std::vector<float> values = value.constant->to_floats();
                         edit(values);
                         value.constant =
                             WeightRecipe::source(Tensor::from_floats(value.constant->shape(), std::move(values)),
                                                  "spoiled")
                                 .convert(value.type.dtype);
                         done = true;
                       }
                     }});
      EXPECT_TRUE(done) << format << ": found no weight to spoil";
    };
    spoil_weight("a weight scaled by 1.01", [](std::vector<float>& values) {
      for (float& value : values) value *= 1.01f;
    });
    spoil_weight("two numbers of a weight swapped", [](std::vector<float>& values) {
      std::swap(*std::ranges::min_element(values), *std::ranges::max_element(values));
    });
    expect_refused(format_ + ": truncated in the middle",
                   {.after_writing = [](const std::string& path) { fs::resize_file(path, fs::file_size(path) / 2); }});
  }
  std::cout << "faults in half refused: " << injected_ << "\n";
}

/// keep_failed: the files lie in rejected/ as they were refused, an earlier export stays, and a later one tidies up.
TEST_F(FaultInjectionTest, KeepsWhatItRefusedWhereAskedTo) {
  set_log_level(LogLevel::kWarning);
  ExportRequest request{
      std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/yolo11-sample.pt",
      {{find_format("onnx"), folder_ / "onnx", {}}, {find_format("openvino"), folder_ / "openvino", {}}}};
  for (ExportTarget& target : request.targets) {
    target.options.build.image_size = {64, 64};
    target.options.validate = Validation::kStructure;
    target.options.rejected_files = RejectedFiles::kKept;
  }
  const auto outcomes = [&](const FaultInjection& faults) {
    return run_export(ultralytics_trainer(), request, faults);
  };
  const auto names = [](const fs::path& directory) {
    std::set<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) found.insert(entry.path().filename());
    return found;
  };
  const FaultInjection spoiled{.after_writing = [](const std::string& path) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << "spoiled";
  }};
  for (const Status& outcome : outcomes(spoiled)) EXPECT_EQ(outcome.error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(names(folder_ / "onnx"), std::set<std::string>{"rejected"});
  EXPECT_EQ(names(folder_ / "onnx/rejected"), std::set<std::string>{"model.onnx"});
  EXPECT_EQ(fs::file_size(folder_ / "onnx/rejected/model.onnx"), 7u);
  EXPECT_EQ(names(folder_ / "openvino/rejected"), (std::set<std::string>{"metadata.yaml", "model.bin", "model.xml"}));

  for (const Status& outcome : outcomes({})) EXPECT_TRUE(outcome);
  EXPECT_EQ(names(folder_ / "onnx"), (std::set<std::string>{"metadata.json", "model.onnx"}));

  testing::internal::CaptureStderr();
  for (const Status& outcome : outcomes(spoiled)) EXPECT_FALSE(outcome);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(names(folder_ / "onnx"), (std::set<std::string>{"metadata.json", "model.onnx", "rejected"}));
  EXPECT_NE(log.find("lies in " + (folder_ / "onnx/rejected").string() + ", for whoever investigates"),
            std::string::npos)
      << log;
}

}  // namespace
}  // namespace modelport
