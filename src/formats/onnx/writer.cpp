#include "formats/onnx/writer.h"

#include <set>

#include "formats/onnx/layout.h"
#include "formats/onnx/wire_writer.h"

namespace modelport::onnx {

namespace {

using namespace layout;

void put_attribute(WireWriter& out, const OnnxAttribute& written) {
  struct Payload {
    WireWriter& out;
    attribute::Type operator()(float value) const {
      out.fixed32(attribute::kFloatValue, value);
      return attribute::Type::kFloat;
    }
    attribute::Type operator()(int64_t value) const {
      out.varint(attribute::kIntValue, static_cast<uint64_t>(value));
      return attribute::Type::kInt;
    }
    attribute::Type operator()(const std::string& value) const {
      out.text(attribute::kStringValue, value);
      return attribute::Type::kString;
    }
    attribute::Type operator()(const std::vector<int64_t>& values) const {
      for (const int64_t value : values) out.varint(attribute::kIntsValue, static_cast<uint64_t>(value));
      return attribute::Type::kInts;
    }
  };
  out.text(attribute::kName, written.name);
  const attribute::Type type = std::visit(Payload{out}, written.value);
  out.varint(attribute::kType, static_cast<uint64_t>(type));
}

void put_node(WireWriter& out, const OnnxNode& written) {
  for (const std::string& input : written.inputs) out.text(node::kInput, input);
  for (const std::string& output : written.outputs) out.text(node::kOutput, output);
  out.text(node::kName, written.name);
  out.text(node::kOpType, onnx_op_name(written.type));
  for (const OnnxAttribute& each : written.attributes) {
    out.message(node::kAttribute, [&](WireWriter& body) { put_attribute(body, each); });
  }
}

void put_initializer(WireWriter& out, const OnnxInitializer& written) {
  for (const int64_t size : written.data.shape()) out.varint(tensor::kDims, static_cast<uint64_t>(size));
  out.varint(tensor::kDataType, data_type_code(written.data.dtype()));
  out.text(tensor::kName, written.name);
  out.elements(tensor::kRawData, written.data);
}

void put_dim(WireWriter& out, const OnnxDim& dim) {
  if (const auto* value = std::get_if<int64_t>(&dim)) {
    out.varint(type::kDimValue, static_cast<uint64_t>(*value));
  } else {
    out.text(type::kDimParam, std::get<std::string>(dim));
  }
}

void put_value_info(WireWriter& out, const OnnxValueInfo& written) {
  out.text(value_info::kName, written.name);
  out.message(value_info::kType, [&](WireWriter& type) {
    type.message(type::kTensorType, [&](WireWriter& tensor) {
      tensor.varint(type::kTensorElemType, data_type_code(written.dtype));
      tensor.message(type::kTensorShape, [&](WireWriter& shape) {
        for (const OnnxDim& dim : written.shape) {
          shape.message(type::kShapeDim, [&](WireWriter& body) { put_dim(body, dim); });
        }
      });
    });
  });
}

void put_graph(WireWriter& out, const OnnxModel& model) {
  for (const OnnxNode& each : model.nodes) {
    out.message(graph::kNode, [&](WireWriter& body) { put_node(body, each); });
  }
  out.text(graph::kName, model.graph_name);
  for (const OnnxInitializer& each : model.initializers) {
    out.message(graph::kInitializer, [&](WireWriter& body) { put_initializer(body, each); });
  }
  for (const OnnxValueInfo& each : model.inputs) {
    out.message(graph::kInput, [&](WireWriter& body) { put_value_info(body, each); });
  }
  for (const OnnxValueInfo& each : model.outputs) {
    out.message(graph::kOutput, [&](WireWriter& body) { put_value_info(body, each); });
  }
}

void put_model(WireWriter& out, const OnnxModel& written) {
  out.varint(model::kIrVersion, static_cast<uint64_t>(written.ir_version));
  out.text(model::kProducerName, written.producer_name);
  out.text(model::kProducerVersion, written.producer_version);
  out.message(model::kGraph, [&](WireWriter& body) { put_graph(body, written); });
  out.message(model::kOpsetImport, [&](WireWriter& body) {
    body.text(operator_set::kDomain, "");
    body.varint(operator_set::kVersion, static_cast<uint64_t>(written.opset));
  });
  for (const auto& [key, value] : written.metadata_props) {
    out.message(model::kMetadataProps, [&](WireWriter& body) {
      body.text(string_entry::kKey, key);
      body.text(string_entry::kValue, value);
    });
  }
}

/// A sink for the few hundred bytes of a twin's suffix.
class MemorySink final : public ArtifactSink {
 public:
  Status append(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  std::vector<std::byte> bytes_;
};

}  // namespace

Status write_onnx(const OnnxModel& written, ArtifactSink& sink) {
  WireWriter counter;
  put_model(counter, written);
  if (counter.size() > kMaxMessageBytes) {
    Error error = fail(ErrorCode::kUnsupportedModel,
                       "the ONNX file would take {} bytes; protobuf ends at 2 GiB and weights in a second file "
                       "(model.onnx.data) are not written yet",
                       counter.size());
    error.hint = "half = true halves it";
    return error;
  }
  ChunkedOutput output(sink);
  WireWriter out(&output);
  put_model(out, written);
  return output.finish();
}

std::vector<std::byte> onnx_twin_suffix(const OnnxModel& written) {
  std::set<std::string> declared;
  for (const OnnxValueInfo& output : written.outputs) declared.insert(output.name);
  std::vector<const OnnxValueInfo*> added;
  for (const OnnxValueInfo& probe : written.probes) {
    if (declared.insert(probe.name).second) added.push_back(&probe);
  }
  MemorySink sink;
  {
    ChunkedOutput output(sink);
    WireWriter out(&output);
    out.message(model::kGraph, [&](WireWriter& body) {
      for (const OnnxValueInfo* probe : added) {
        body.message(graph::kOutput, [&](WireWriter& info) { put_value_info(info, *probe); });
      }
    });
  }
  return std::move(sink.bytes_);
}

}  // namespace modelport::onnx
