#include "formats/openvino/writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "formats/chunked_output.h"
#include "formats/openvino/layout.h"

namespace modelport::openvino {

namespace {

using namespace layout;

/// Text inside an attribute: XML's own characters and line breaks as references.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no other control characters, not even as references.
        if (c == '\t' || c == '\n' || c == '\r') {
          out += fmt::format("&#{};", static_cast<int>(c));
        } else {
          out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
  }
  return out;
}

/// Names as one attribute: "a,b", with commas of their own behind a backslash.
std::string joined_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ',';
    for (const char c : name) out += c == ',' ? "\\," : std::string(1, c);
  }
  return escaped(out);
}

void put_port(std::string& out, size_t id, const OpenvinoType& type, const std::vector<std::string>& names) {
  out += fmt::format("\t\t\t\t<port id=\"{}\" precision=\"{}\"", id, element_type(type.dtype)->precision);
  if (!names.empty()) out += fmt::format(" names=\"{}\"", joined_names(names));
  if (type.shape.empty()) {
    out += " />\n";
    return;
  }
  out += ">\n";
  for (const int64_t size : type.shape) out += fmt::format("\t\t\t\t\t<dim>{}</dim>\n", size);
  out += "\t\t\t\t</port>\n";
}

void put_layer(std::string& out, const OpenvinoModel& model, const OpenvinoLayer& layer, size_t id) {
  const OpenvinoOp& op = openvino_op(layer.type);
  out += fmt::format("\t\t<layer id=\"{}\" name=\"{}\" type=\"{}\" version=\"{}\">\n", id, escaped(layer.name), op.name,
                     op.opset);
  if (!layer.attributes.empty()) {
    out += "\t\t\t<data";
    for (const OpenvinoAttribute& each : layer.attributes)
      out += fmt::format(" {}=\"{}\"", each.name, escaped(each.value));
    out += " />\n";
  }
  if (!layer.marks.empty()) {
    out += "\t\t\t<rt_info>\n";
    for (const std::string& mark : layer.marks)
      out += fmt::format("\t\t\t\t<attribute name=\"{}\" version=\"0\" />\n", escaped(mark));
    out += "\t\t\t</rt_info>\n";
  }
  size_t port = 0;
  if (!layer.inputs.empty()) {
    out += "\t\t\t<input>\n";
    for (const OpenvinoSource& input : layer.inputs) put_port(out, port++, model.at(input).type, {});
    out += "\t\t\t</input>\n";
  }
  if (!layer.outputs.empty()) {
    out += "\t\t\t<output>\n";
    for (const OpenvinoOutput& output : layer.outputs) put_port(out, port++, output.type, output.names);
    out += "\t\t\t</output>\n";
  }
  out += "\t\t</layer>\n";
}

void put_info(std::string& out, const OpenvinoInfo& info, size_t depth) {
  const std::string indent(depth, '\t');
  if (info.children.empty()) {
    out += fmt::format("{}<{} value=\"{}\" />\n", indent, info.name, escaped(info.value));
    return;
  }
  out += fmt::format("{}<{}>\n", indent, info.name);
  for (const OpenvinoInfo& child : info.children) put_info(out, child, depth + 1);
  out += fmt::format("{}</{}>\n", indent, info.name);
}

/// Results for probes, each once and only where no Result is yet.
std::vector<OpenvinoLayer> probe_results(const OpenvinoModel& model) {
  std::set<OpenvinoSource> given;
  for (const OpenvinoLayer& layer : model.layers) {
    if (layer.type == OpenvinoOpType::kResult) given.insert(layer.inputs[0]);
  }
  std::vector<OpenvinoLayer> results;
  for (const OpenvinoSource& probe : model.probes) {
    if (!given.insert(probe).second) continue;
    results.push_back({OpenvinoOpType::kResult, value_name(model, probe) + "/probe", {}, {}, {probe}, {}});
  }
  return results;
}

void put_edges(std::string& out, const OpenvinoModel& model, const OpenvinoLayer& layer, size_t id) {
  for (size_t i = 0; i < layer.inputs.size(); ++i) {
    const OpenvinoSource& from = layer.inputs[i];
    const size_t from_port = model.layers[from.layer].inputs.size() + from.output;
    out += fmt::format("\t\t<edge from-layer=\"{}\" from-port=\"{}\" to-layer=\"{}\" to-port=\"{}\" />\n", from.layer,
                       from_port, id, i);
  }
}

}  // namespace

std::string openvino_xml(const OpenvinoModel& model, ProbeResults probes) {
  std::vector<OpenvinoLayer> further;
  if (probes == ProbeResults::kDeclare) further = probe_results(model);
  const auto each_layer = [&](auto put) {
    size_t id = 0;
    for (const OpenvinoLayer& layer : model.layers) put(layer, id++);
    for (const OpenvinoLayer& layer : further) put(layer, id++);
  };
  std::string out = fmt::format("<?xml version=\"1.0\"?>\n<net name=\"{}\" version=\"{}\">\n\t<layers>\n",
                                escaped(model.name), kIrVersion);
  each_layer([&](const OpenvinoLayer& layer, size_t id) { put_layer(out, model, layer, id); });
  out += "\t</layers>\n\t<edges>\n";
  each_layer([&](const OpenvinoLayer& layer, size_t id) { put_edges(out, model, layer, id); });
  out += "\t</edges>\n\t<rt_info>\n";
  for (const OpenvinoInfo& info : model.info) put_info(out, info, 2);
  out += "\t</rt_info>\n</net>\n";
  return out;
}

Status write_openvino_weights(const OpenvinoModel& model, ArtifactSink& sink) {
  ChunkedOutput output(sink);
  uint64_t end = 0;
  constexpr std::array<std::byte, kConstantAlignment> kZeros{};
  for (const OpenvinoLayer& layer : model.layers) {
    if (layer.type != OpenvinoOpType::kConst || layer.offset < end || layer.data.element_count() == 0) continue;
    output.append(std::span(kZeros).first(static_cast<size_t>(layer.offset - end)));
    const int64_t element = dtype_bytes(layer.data.dtype());
    const int64_t chunk = static_cast<int64_t>(ChunkedOutput::kChunkBytes) / element;
    for (int64_t begin = 0; begin < layer.data.element_count() && !output.failed(); begin += chunk) {
      const int64_t count = std::min(chunk, layer.data.element_count() - begin);
      layer.data.read_bytes(begin, output.claim(static_cast<size_t>(count * element)));
    }
    end = layer.offset + static_cast<uint64_t>(layer.data.element_count() * element);
  }
  return output.finish();
}

}  // namespace modelport::openvino
