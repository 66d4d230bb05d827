#include <algorithm>
#include <map>
#include <pugixml.hpp>

#include "artifact/readers.h"
#include "base/work_count.h"

namespace modelport {

namespace {

constexpr uint64_t kMaxXmlBytes = uint64_t{256} << 20;
constexpr size_t kMaxValues = 4096;
constexpr size_t kMaxRank = 64;
constexpr size_t kMaxFactDepth = 8;
constexpr size_t kLongestName = 1000;

/// Element types as ports spell them ("FP32") and as attributes do ("f32").
struct ElementType {
  std::string_view precision, attribute, name;
};
constexpr ElementType kElementTypes[] = {
    {"FP32", "f32", "float32"},  {"FP16", "f16", "float16"}, {"FP64", "f64", "float64"}, {"BF16", "bf16", "bfloat16"},
    {"I64", "i64", "int64"},     {"I32", "i32", "int32"},    {"I16", "i16", "int16"},    {"I8", "i8", "int8"},
    {"U64", "u64", "uint64"},    {"U32", "u32", "uint32"},   {"U16", "u16", "uint16"},   {"U8", "u8", "uint8"},
    {"BOOL", "boolean", "bool"},
};

std::string element_type(std::string_view spelling) {
  for (const ElementType& row : kElementTypes) {
    if (spelling == row.precision || spelling == row.attribute) return std::string(row.name);
  }
  return std::string(spelling);
}

Result<std::vector<int64_t>> read_dims(const pugi::xml_node& port) {
  std::vector<int64_t> dims;
  for (const pugi::xml_node& dim : port.children("dim")) {
    const int64_t size = dim.text().as_llong(kDynamicSize);
    if (size < kDynamicSize || dims.size() >= kMaxRank)
      return fail(ErrorCode::kDamaged, "a port has the dimension {} or too many", size);
    dims.push_back(size);
  }
  return dims;
}

std::string first_name(const pugi::xml_node& port, const pugi::xml_node& layer) {
  const std::string_view names = port.attribute("names").as_string();
  const std::string_view name = layer.attribute("name").as_string();
  count_work(names.size() + name.size());
  return std::string((names.empty() ? name : names.substr(0, names.find(','))).substr(0, kLongestName));
}

/// The names of a layer's outputs, by port: looked up once a layer, whatever number of Results it feeds.
class OutputNames {
 public:
  std::string find(const pugi::xml_node& layer, const std::string& port) {
    auto [ports, is_new] = layers_.try_emplace(layer.internal_object());
    if (is_new) {
      for (const pugi::xml_node& made : layer.child("output").children("port")) {
        ports->second.emplace(made.attribute("id").as_string(), first_name(made, layer));
      }
    }
    const auto found = ports->second.find(port);
    return found == ports->second.end() ? first_name({}, layer) : found->second;
  }

 private:
  std::map<const void*, std::map<std::string, std::string, CountedOrder>> layers_;
};

Result<DeclaredTensor> read_port(const pugi::xml_node& port, const pugi::xml_node& layer) {
  TRY(dims, read_dims(port));
  return DeclaredTensor{first_name(port, layer), element_type(port.attribute("precision").as_string()),
                        std::move(dims)};
}

/// Where a layer's output port is looked up: "layer:port".
std::string port_key(std::string_view layer, std::string_view port) { return fmt::format("{}:{}", layer, port); }

/// Leaves of rt_info, named by their element; the innermost name is unique in practice.
void collect_facts(const pugi::xml_node& node, size_t depth, ArtifactHeader& header) {
  for (const pugi::xml_node& child : node.children()) {
    count_work();
    if (header.facts.size() >= kMaxValues) return;
    if (const auto value = child.attribute("value")) header.facts.emplace_back(child.name(), value.as_string());
    if (depth < kMaxFactDepth) collect_facts(child, depth + 1, header);
  }
}

/// The end of a constant in the weights file.
Result<uint64_t> constant_end(const pugi::xml_node& layer) {
  const pugi::xml_node data = layer.child("data");
  const uint64_t offset = data.attribute("offset").as_ullong();
  const uint64_t size = data.attribute("size").as_ullong();
  if (offset + size < offset)
    return fail(ErrorCode::kHostile, "constant {} has offset {} and size {}", layer.attribute("name").as_string(),
                offset, size);
  return offset + size;
}

}  // namespace

Result<ArtifactHeader> read_openvino_header(std::span<const std::byte> xml) {
  if (xml.size() > kMaxXmlBytes)
    return fail(ErrorCode::kHostile, "{} bytes of XML, at most {} are read", xml.size(), kMaxXmlBytes);
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return fail(ErrorCode::kDamaged, "not XML at byte {}: {}", parsed.offset, parsed.description());
  const pugi::xml_node net = document.child("net");
  if (!net || !net.child("layers")) return fail(ErrorCode::kDamaged, "it is no OpenVINO model: no <net> with <layers>");
  ArtifactHeader header;
  std::map<std::string, pugi::xml_node, CountedOrder> layers;
  std::vector<pugi::xml_node> results;
  count_work(xml.size());
  for (const pugi::xml_node& layer : net.child("layers").children("layer")) {
    count_work();
    const std::string_view type = layer.attribute("type").as_string();
    layers.emplace(layer.attribute("id").as_string(), layer);
    if (type == "Result") results.push_back(layer);
    if (type == "Const") {
      TRY(end, constant_end(layer));
      header.companion_bytes = std::max(header.companion_bytes, end);
    }
    if (type != "Parameter") continue;
    TRY(input, read_port(layer.child("output").child("port"), layer));
    header.inputs.push_back(std::move(input));
    if (header.inputs.size() + results.size() > kMaxValues)
      return fail(ErrorCode::kHostile, "more than {} inputs or outputs", kMaxValues);
  }
  std::map<std::string, std::string, CountedOrder> sources;
  std::map<std::string, std::string, CountedOrder> source_ports;
  for (const pugi::xml_node& edge : net.child("edges").children("edge")) {
    const std::string to = port_key(edge.attribute("to-layer").as_string(), edge.attribute("to-port").as_string());
    sources[to] = edge.attribute("from-layer").as_string();
    source_ports[to] = edge.attribute("from-port").as_string();
  }
  OutputNames names;
  for (const pugi::xml_node& result : results) {
    const pugi::xml_node port = result.child("input").child("port");
    TRY(output, read_port(port, result));
    const std::string key = port_key(result.attribute("id").as_string(), port.attribute("id").as_string());
    // The tensor's names stand where it is made.
    if (const auto source = layers.find(sources[key]); source != layers.end()) {
      output.name = names.find(source->second, source_ports[key]);
    }
    header.outputs.push_back(std::move(output));
  }
  if (header.outputs.empty()) return fail(ErrorCode::kDamaged, "the model has no Result");
  collect_facts(net.child("rt_info"), 0, header);
  if (header.companion_bytes > 0) header.companions.emplace_back("model.bin");
  return header;
}

}  // namespace modelport
