#include "formats/onnx/reader.h"

#include "formats/onnx/tensor_reader.h"
#include "io/mapped_file.h"

namespace modelport::onnx {

namespace {

using namespace layout;

/// Fields that ONNX defines and that change nothing of what a file computes.
Status skip_unknown_field(const WireField&, std::string_view) { return {}; }

Status refuse_unknown_field(const WireField& field, std::string_view message) {
  return fail(ErrorCode::kDamaged, "{} at offset {} has the unexpected field {}", message, field.offset, field.number);
}

/// One pass over a file. Methods are named after the messages they read.
class ModelReader {
 public:
  ModelReader(std::shared_ptr<const void> owner, UnknownFields unknown)
      : owner_(std::move(owner)),
        unknown_(unknown == UnknownFields::kRefuse ? refuse_unknown_field : skip_unknown_field) {}

  Result<std::shared_ptr<const OnnxModel>> model(WireReader reader) {
    while (!reader.at_end()) {
      TRY(field, reader.next());
      CHECK_OK(model_field(field));
    }
    if (!saw_graph_) return fail(ErrorCode::kDamaged, "the file holds no ONNX graph");
    if (model_->opset == 0) return fail(ErrorCode::kDamaged, "the file does not say which ONNX opset it uses");
    return std::shared_ptr<const OnnxModel>(std::move(model_));
  }

 private:
  Status model_field(const WireField& field) {
    switch (field.number) {
      case model::kIrVersion:
        return integer(field, "ModelProto.ir_version", model_->ir_version);
      case model::kProducerName:
        return text(field, "ModelProto.producer_name", model_->producer_name);
      case model::kProducerVersion:
        return text(field, "ModelProto.producer_version", model_->producer_version);
      case model::kGraph:
        saw_graph_ = true;
        return graph(field);
      case model::kOpsetImport:
        return operator_set(field);
      case model::kMetadataProps:
        return metadata(field);
      default:
        return unknown_(field, "ModelProto");
    }
  }

  Status operator_set(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "ModelProto.opset_import"));
    std::string domain;
    int64_t version = 0;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == operator_set::kDomain) {
        CHECK_OK(text(field, "OperatorSetIdProto.domain", domain));
      } else if (field.number == operator_set::kVersion) {
        CHECK_OK(integer(field, "OperatorSetIdProto.version", version));
      } else {
        CHECK_OK(unknown_(field, "OperatorSetIdProto"));
      }
    }
    if (domain.empty() || domain == "ai.onnx") model_->opset = version;
    return {};
  }

  Status metadata(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "ModelProto.metadata_props"));
    std::pair<std::string, std::string> entry;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == string_entry::kKey) {
        CHECK_OK(text(field, "StringStringEntryProto.key", entry.first));
      } else if (field.number == string_entry::kValue) {
        CHECK_OK(text(field, "StringStringEntryProto.value", entry.second));
      } else {
        CHECK_OK(unknown_(field, "StringStringEntryProto"));
      }
    }
    model_->metadata_props.push_back(std::move(entry));
    return {};
  }

  Status graph(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "ModelProto.graph"));
    while (!reader.at_end()) {
      TRY(field, reader.next());
      CHECK_OK(graph_field(field));
    }
    return {};
  }

  Status graph_field(const WireField& field) {
    switch (field.number) {
      case graph::kNode: {
        TRY(read, node(field));
        model_->nodes.push_back(std::move(read));
        return {};
      }
      case graph::kName:
        return text(field, "GraphProto.name", model_->graph_name);
      case graph::kInitializer: {
        TRY(reader, WireReader::inside(field, "GraphProto.initializer"));
        TRY(tensor, read_tensor(reader, owner_, unknown_));
        model_->initializers.push_back(std::move(tensor));
        return {};
      }
      case graph::kInput: {
        TRY(info, value_info(field));
        model_->inputs.push_back(std::move(info));
        return {};
      }
      case graph::kOutput: {
        TRY(info, value_info(field));
        model_->outputs.push_back(std::move(info));
        return {};
      }
      default:
        return unknown_(field, "GraphProto");
    }
  }

  Result<OnnxNode> node(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "GraphProto.node"));
    OnnxNode read;
    std::string type, domain;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == node::kInput) {
        CHECK_OK(text(field, "NodeProto.input", read.inputs.emplace_back()));
      } else if (field.number == node::kOutput) {
        CHECK_OK(text(field, "NodeProto.output", read.outputs.emplace_back()));
      } else if (field.number == node::kName) {
        CHECK_OK(text(field, "NodeProto.name", read.name));
      } else if (field.number == node::kOpType) {
        CHECK_OK(text(field, "NodeProto.op_type", type));
      } else if (field.number == node::kDomain) {
        CHECK_OK(text(field, "NodeProto.domain", domain));
      } else if (field.number == node::kAttribute) {
        TRY(read_attribute, attribute(field));
        read.attributes.push_back(std::move(read_attribute));
      } else {
        CHECK_OK(unknown_(field, "NodeProto"));
      }
    }
    const auto known = onnx_op_from_name(type);
    if (!known || (!domain.empty() && domain != "ai.onnx")) {
      return fail(ErrorCode::kUnsupportedModel, "node '{}' at offset {} is the operator '{}' of domain '{}'", read.name,
                  parent.offset, type, domain);
    }
    read.type = *known;
    return read;
  }

  Result<OnnxAttribute> attribute(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "NodeProto.attribute"));
    OnnxAttribute read;
    int64_t type = 0, number = 0;
    float real = 0;
    std::string string;
    std::vector<int64_t> numbers;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == attribute::kName) {
        CHECK_OK(text(field, "AttributeProto.name", read.name));
      } else if (field.number == attribute::kFloatValue) {
        TRY(value, field.as_float("AttributeProto.f"));
        real = value;
      } else if (field.number == attribute::kIntValue) {
        CHECK_OK(integer(field, "AttributeProto.i", number));
      } else if (field.number == attribute::kStringValue) {
        CHECK_OK(text(field, "AttributeProto.s", string));
      } else if (field.number == attribute::kIntsValue) {
        CHECK_OK(field.append_ints("AttributeProto.ints", numbers));
      } else if (field.number == attribute::kType) {
        CHECK_OK(integer(field, "AttributeProto.type", type));
      } else {
        CHECK_OK(unknown_(field, "AttributeProto"));
      }
    }
    switch (static_cast<attribute::Type>(type)) {
      case attribute::Type::kFloat:
        read.value = real;
        return read;
      case attribute::Type::kInt:
        read.value = number;
        return read;
      case attribute::Type::kString:
        read.value = std::move(string);
        return read;
      case attribute::Type::kInts:
        read.value = std::move(numbers);
        return read;
    }
    return fail(ErrorCode::kUnsupportedModel, "attribute '{}' at offset {} has the ONNX attribute type {}", read.name,
                parent.offset, type);
  }

  Result<OnnxValueInfo> value_info(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "ValueInfoProto"));
    OnnxValueInfo info;
    bool typed = false;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == value_info::kName) {
        CHECK_OK(text(field, "ValueInfoProto.name", info.name));
      } else if (field.number == value_info::kType) {
        CHECK_OK(value_type(field, info));
        typed = true;
      } else {
        CHECK_OK(unknown_(field, "ValueInfoProto"));
      }
    }
    if (!typed) {
      return fail(ErrorCode::kDamaged, "'{}' at offset {} is declared without a type", info.name, parent.offset);
    }
    return info;
  }

  Status value_type(const WireField& parent, OnnxValueInfo& info) {
    TRY(reader, WireReader::inside(parent, "ValueInfoProto.type"));
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == type::kTensorType) {
        CHECK_OK(tensor_type(field, info));
      } else if (field.number != type::kDenotation) {
        return fail(ErrorCode::kUnsupportedModel, "'{}' at offset {} is not a dense tensor", info.name, field.offset);
      }
    }
    return {};
  }

  Status tensor_type(const WireField& parent, OnnxValueInfo& info) {
    TRY(reader, WireReader::inside(parent, "TypeProto.tensor_type"));
    int64_t code = 0;
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == type::kTensorElemType) {
        CHECK_OK(integer(field, "TypeProto.Tensor.elem_type", code));
      } else if (field.number == type::kTensorShape) {
        CHECK_OK(shape(field, info));
      } else {
        CHECK_OK(unknown_(field, "TypeProto.Tensor"));
      }
    }
    const auto dtype = dtype_of_code(static_cast<uint64_t>(code));
    if (!dtype) {
      return fail(ErrorCode::kUnsupportedModel, "'{}' at offset {} has the ONNX element type {}", info.name,
                  parent.offset, code);
    }
    info.dtype = *dtype;
    return {};
  }

  Status shape(const WireField& parent, OnnxValueInfo& info) {
    TRY(reader, WireReader::inside(parent, "TypeProto.Tensor.shape"));
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number != type::kShapeDim) {
        CHECK_OK(unknown_(field, "TensorShapeProto"));
        continue;
      }
      TRY(read, dimension(field));
      info.shape.push_back(std::move(read));
    }
    return {};
  }

  Result<OnnxDim> dimension(const WireField& parent) {
    TRY(reader, WireReader::inside(parent, "TensorShapeProto.dim"));
    OnnxDim dim = std::string();
    while (!reader.at_end()) {
      TRY(field, reader.next());
      if (field.number == type::kDimValue) {
        TRY(value, field.as_int("Dimension.dim_value"));
        if (value < 0) return fail(ErrorCode::kDamaged, "a size at offset {} is {}", field.offset, value);
        dim = value;
      } else if (field.number == type::kDimParam) {
        TRY(name, field.as_text("Dimension.dim_param"));
        dim = std::move(name);
      } else if (field.number != type::kDimDenotation) {
        CHECK_OK(unknown_(field, "Dimension"));
      }
    }
    return dim;
  }

  static Status text(const WireField& field, std::string_view what, std::string& out) {
    TRY(value, field.as_text(what));
    out = std::move(value);
    return {};
  }
  static Status integer(const WireField& field, std::string_view what, int64_t& out) {
    TRY(value, field.as_int(what));
    out = value;
    return {};
  }

  std::shared_ptr<const void> owner_;
  Status (*unknown_)(const WireField& field, std::string_view message);
  std::shared_ptr<OnnxModel> model_ = [] {
    auto model = std::make_shared<OnnxModel>();
    model->ir_version = model->opset = 0;
    return model;
  }();
  bool saw_graph_ = false;
};

}  // namespace

Result<std::shared_ptr<const OnnxModel>> read_onnx(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                   UnknownFields unknown) {
  return ModelReader(std::move(owner), unknown).model(WireReader(bytes, 0));
}

Result<std::shared_ptr<const OnnxModel>> read_onnx_file(const std::string& path, UnknownFields unknown) {
  TRY(file, MappedFile::open(path));
  return read_onnx(file->bytes(), file, unknown).in(path);
}

}  // namespace modelport::onnx
