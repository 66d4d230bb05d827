#include "formats/openvino/reader.h"

#include <pugixml.hpp>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/work_count.h"
#include "formats/openvino/layout.h"

namespace modelport::openvino {

namespace {

using namespace layout;

constexpr int kMaxInfoDepth = 32;

template <class T>
Result<T> number(std::string_view text, std::string_view what) {
  T value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return fail(ErrorCode::kDamaged, "{} is '{}', not a number", what, text);
  return value;
}

template <class T>
Result<T> attribute(const pugi::xml_node& element, const char* name) {
  const pugi::xml_attribute found = element.attribute(name);
  if (!found) return fail(ErrorCode::kDamaged, "<{}> has no {}", element.name(), name);
  return number<T>(found.value(), fmt::format("{} of <{}>", name, element.name()));
}

/// What looking for attributes of an element takes.
void count_element(const pugi::xml_node& element) {
  count_work();
  for ([[maybe_unused]] const pugi::xml_attribute& each : element.attributes()) count_work();
}

/// "1, 3, ?" as sizes; "" is rank 0.
Result<std::vector<int64_t>> parse_shape(std::string_view text) {
  std::vector<int64_t> shape;
  count_work(text.size());
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part == kVaryingSizeInShape) {
      shape.push_back(kVaryingSize);
    } else {
      TRY(size, number<int64_t>(part, "a size"));
      shape.push_back(size);
    }
    if (shape.size() > kMaxRank) return fail(ErrorCode::kDamaged, "a shape has more than {} axes", kMaxRank);
  }
  return shape;
}

/// "a,b" with commas of their own behind a backslash.
std::vector<std::string> parse_names(std::string_view text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  count_work(text.size());
  names.emplace_back();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      names.back() += text[++i];
    } else if (text[i] == ',') {
      names.emplace_back();
    } else {
      names.back() += text[i];
    }
  }
  return names;
}

Result<OpenvinoType> parse_port(const pugi::xml_node& port, size_t expected_id) {
  count_element(port);
  TRY(id, attribute<size_t>(port, "id"));
  if (id != expected_id) return fail(ErrorCode::kDamaged, "port {} stands where port {} belongs", id, expected_id);
  const char* precision = port.attribute("precision").value();
  const auto dtype = dtype_of_precision(precision);
  if (!dtype) return fail(ErrorCode::kUnsupportedModel, "the precision '{}' of port {} is not read", precision, id);
  OpenvinoType type{*dtype, {}};
  for (const pugi::xml_node& dim : port.children("dim")) {
    count_element(dim);
    TRY(size, number<int64_t>(dim.child_value(), "a <dim>"));
    if (size < kVaryingSize) return fail(ErrorCode::kDamaged, "a <dim> is {}", size);
    type.shape.push_back(size);
    if (type.shape.size() > kMaxRank) return fail(ErrorCode::kDamaged, "a port has more than {} axes", kMaxRank);
  }
  return type;
}

Result<OpenvinoInfo> parse_info(const pugi::xml_node& element, int depth) {
  if (depth > kMaxInfoDepth) return fail(ErrorCode::kDamaged, "rt_info is nested beyond {} levels", kMaxInfoDepth);
  count_element(element);
  OpenvinoInfo info{element.name(), element.attribute("value").value(), {}};
  for (const pugi::xml_node& child : element.children()) {
    TRY(parsed, parse_info(child, depth + 1));
    info.children.push_back(std::move(parsed));
  }
  return info;
}

/// One pass over a document. Layers are found again by their id.
class IrReader {
 public:
  explicit IrReader(std::shared_ptr<const MappedFile> weights) : weights_(std::move(weights)) {}

  Result<std::shared_ptr<const OpenvinoModel>> read(const pugi::xml_node& net) {
    TRY(version, attribute<int64_t>(net, "version"));
    if (version != kIrVersion) {
      return fail(ErrorCode::kUnsupportedModel, "the IR has version {}, {} is read", version, kIrVersion);
    }
    model_->name = net.attribute("name").value();
    for (const pugi::xml_node& element : net.child("layers").children("layer"))
      CHECK_OK(layer(element).in(fmt::format("layer '{}'", element.attribute("name").value())));
    if (model_->layers.empty()) return fail(ErrorCode::kDamaged, "the file holds no layers");
    for (const pugi::xml_node& element : net.child("edges").children("edge")) CHECK_OK(edge(element));
    CHECK_OK(require_inputs());
    for (const pugi::xml_node& element : net.child("rt_info").children()) {
      TRY(info, parse_info(element, 0));
      model_->info.push_back(std::move(info));
    }
    return std::shared_ptr<const OpenvinoModel>(std::move(model_));
  }

 private:
  Status layer(const pugi::xml_node& element) {
    if (model_->layers.size() == kMaxLayers) return fail(ErrorCode::kDamaged, "there are more than {}", kMaxLayers);
    count_element(element);
    TRY(id, attribute<int64_t>(element, "id"));
    const std::string_view type = element.attribute("type").value(), opset = element.attribute("version").value();
    const auto known = openvino_op_from_name(type);
    if (!known || openvino_op(*known).opset != opset)
      return fail(ErrorCode::kUnsupportedModel, "the operation {} of {} is not read", type, opset);
    if (!positions_.emplace(id, model_->layers.size()).second)
      return fail(ErrorCode::kDamaged, "its id {} was given before", id);
    OpenvinoLayer out{*known, element.attribute("name").value()};
    count_element(element.child("data"));
    for (const pugi::xml_attribute& each : element.child("data").attributes())
      out.attributes.push_back({each.name(), each.value()});
    for (const pugi::xml_node& each : element.child("rt_info").children("attribute"))
      out.marks.emplace_back(each.attribute("name").value());
    std::vector<OpenvinoType>& declared = declared_inputs_.emplace_back();
    for (const pugi::xml_node& port : element.child("input").children("port")) {
      TRY(port_type, parse_port(port, declared.size()));
      declared.push_back(std::move(port_type));
      if (declared.size() > kMaxPorts) return fail(ErrorCode::kDamaged, "it has more than {} inputs", kMaxPorts);
    }
    out.inputs.assign(declared.size(), kNowhere);
    for (const pugi::xml_node& port : element.child("output").children("port")) {
      TRY(port_type, parse_port(port, declared.size() + out.outputs.size()));
      out.outputs.push_back({std::move(port_type), parse_names(port.attribute("names").value())});
      if (out.outputs.size() > kMaxPorts) return fail(ErrorCode::kDamaged, "it has more than {} outputs", kMaxPorts);
    }
    if (*known == OpenvinoOpType::kConst) CHECK_OK(constant(element.child("data"), out));
    model_->layers.push_back(std::move(out));
    return {};
  }

  Status constant(const pugi::xml_node& data, OpenvinoLayer& out) {
    const char* element = data.attribute("element_type").value();
    const auto dtype = dtype_of_attribute(element);
    if (!dtype) return fail(ErrorCode::kUnsupportedModel, "the element type '{}' is not read", element);
    TRY(shape, parse_shape(data.attribute("shape").value()));
    TRY(offset, attribute<uint64_t>(data, "offset"));
    TRY(size, attribute<uint64_t>(data, "size"));
    if (out.outputs.size() != 1 || !(out.outputs[0].type == OpenvinoType{*dtype, shape}))
      return fail(ErrorCode::kDamaged, "a constant of {} is declared as another type", shape_text(shape));
    const auto count = element_count(shape);
    if (!count || static_cast<uint64_t>(*count) > size ||
        static_cast<uint64_t>(*count) * static_cast<uint64_t>(dtype_bytes(*dtype)) != size)
      return fail(ErrorCode::kDamaged, "{} bytes do not hold {} {}", size, shape_text(shape), element);
    const uint64_t available = weights_ == nullptr ? 0 : weights_->bytes().size();
    if (offset > available || size > available - offset) {
      return fail(ErrorCode::kDamaged, "bytes {} to {} are not in the weights, which end at {}", offset, offset + size,
                  available);
    }
    const auto bytes = weights_ == nullptr ? std::span<const std::byte>() : weights_->bytes();
    TRY(view, Tensor::view(*dtype, shape, contiguous_strides(shape), 0, bytes.subspan(offset, size), weights_));
    out.data = WeightRecipe::source(std::move(view), out.name);
    out.offset = offset;
    return {};
  }

  Status edge(const pugi::xml_node& element) {
    count_element(element);
    TRY(from_layer, attribute<int64_t>(element, "from-layer"));
    TRY(from_port, attribute<size_t>(element, "from-port"));
    TRY(to_layer, attribute<int64_t>(element, "to-layer"));
    TRY(to_port, attribute<size_t>(element, "to-port"));
    const auto from = positions_.find(from_layer), to = positions_.find(to_layer);
    if (from == positions_.end() || to == positions_.end() || from->second >= to->second) {
      return fail(ErrorCode::kDamaged, "an edge goes from layer {} to layer {}, which is not behind it", from_layer,
                  to_layer);
    }
    const OpenvinoLayer& source = model_->layers[from->second];
    OpenvinoLayer& target = model_->layers[to->second];
    const size_t output = from_port - source.inputs.size();
    if (from_port < source.inputs.size() || output >= source.outputs.size() || to_port >= target.inputs.size() ||
        target.inputs[to_port] != kNowhere) {
      return fail(ErrorCode::kDamaged, "there is no edge from port {} to port {}", from_port, to_port)
          .in(fmt::format("layers '{}' and '{}'", source.name, target.name));
    }
    target.inputs[to_port] = {static_cast<uint32_t>(from->second), static_cast<uint32_t>(output)};
    return {};
  }

  Status require_inputs() const {
    for (size_t at = 0; at < model_->layers.size(); ++at) {
      const OpenvinoLayer& layer = model_->layers[at];
      for (size_t i = 0; i < layer.inputs.size(); ++i) {
        if (layer.inputs[i] == kNowhere)
          return fail(ErrorCode::kDamaged, "nothing leads to input {} of layer '{}'", i, layer.name);
        if (model_->at(layer.inputs[i]).type == declared_inputs_[at][i]) continue;
        return fail(ErrorCode::kDamaged, "input {} of layer '{}' is declared as {} and comes as {}", i, layer.name,
                    print_type(declared_inputs_[at][i]), print_type(model_->at(layer.inputs[i]).type));
      }
    }
    return {};
  }

  static constexpr OpenvinoSource kNowhere{~uint32_t{0}, ~uint32_t{0}};

  std::shared_ptr<const MappedFile> weights_;
  std::shared_ptr<OpenvinoModel> model_ = std::make_shared<OpenvinoModel>();
  std::map<int64_t, size_t> positions_;  ///< Of layers, by id.
  std::vector<std::vector<OpenvinoType>> declared_inputs_;
};

}  // namespace

Result<std::shared_ptr<const OpenvinoModel>> read_openvino(std::span<const std::byte> xml,
                                                           std::shared_ptr<const MappedFile> weights) {
  if (xml.size() > kMaxXmlBytes) {
    return fail(ErrorCode::kDamaged, "the XML has {} bytes, more than {} are not read", xml.size(), kMaxXmlBytes);
  }
  count_work(xml.size());
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed) {
    return fail(ErrorCode::kDamaged, "it is no XML: {} at byte {}", parsed.description(), parsed.offset);
  }
  return IrReader(std::move(weights)).read(document.child("net"));
}

Result<std::shared_ptr<const OpenvinoModel>> read_openvino_file(const std::string& path) {
  TRY(xml, MappedFile::open(path));
  const std::string weights_path = companion_path(path, kModelFile, kWeightsFile);
  std::shared_ptr<const MappedFile> weights;
  if (std::error_code ignored; std::filesystem::exists(weights_path, ignored)) {
    TRY(opened, MappedFile::open(weights_path));
    weights = std::move(opened);
  }
  return read_openvino(xml->bytes(), std::move(weights)).in(path);
}

}  // namespace modelport::openvino
