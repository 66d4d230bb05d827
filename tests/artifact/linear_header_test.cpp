#include "../base/linear_work.h"
#include "../io/zip_builder.h"
#include "artifact/readers.h"
#include "base/json.h"

namespace modelport {
namespace {

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string field(uint32_t number, const std::string& payload) {
  return varint(number << 3 | 2) + varint(payload.size()) + payload;
}
std::string number_field(uint32_t number, uint64_t value) { return varint(number << 3) + varint(value); }

std::string numbered(size_t n, const std::function<std::string(size_t)>& item) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += item(i);
  return out;
}

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string onnx_of(const std::string& graph) {
  return number_field(1, 8) + field(7, graph + field(12, field(1, "y")));
}

const InputShape kOnnx[] = {
    {"nodes", [](size_t n) { return onnx_of(repeated(n, field(1, "node"))); }},
    {"initializers",
     [](size_t n) {
       return onnx_of(numbered(n, [](size_t i) { return field(5, field(8, fmt::format("{:08}", i))); }));
     }},
    {"inputs",
     [](size_t n) {
       return onnx_of(numbered(n, [](size_t i) { return field(11, field(1, fmt::format("{:08}", i))); }));
     }},
    {"metadata", [](size_t n) { return onnx_of("") + repeated(n, field(14, field(1, "key") + field(2, "value"))); }},
    {"dimensions",
     [](size_t n) {
       return onnx_of(field(11, field(2, field(1, field(2, repeated(n, field(1, number_field(1, 1))))))));
     }},
};

std::string coreml_of(const std::string& description) {
  return number_field(1, 7) + field(2, field(10, field(1, "y")) + description);
}

const InputShape kCoreMl[] = {
    {"inputs", [](size_t n) { return coreml_of(repeated(n, field(1, field(1, "x")))); }},
    {"enumerated shapes",
     [](size_t n) {
       const std::string shapes = repeated(n, field(1, field(1, varint(3))));
       return coreml_of(field(1, field(1, "x") + field(3, field(5, number_field(1, 3) + field(21, shapes)))));
     }},
    {"names of weights, one in another",
     [](size_t n) { return coreml_of("") + field(3, repeated(n, "@model_path/")); }},
    {"names of weights",
     [](size_t n) {
       return coreml_of("") + field(3, numbered(n, [](size_t i) { return fmt::format("@model_path/{:08}\n", i); }));
     }},
};

/// Blobs that all say to lie in one place.
std::string coreml_weights(size_t n) {
  std::string out = raw(uint32_t{0xffffffff}) + raw(uint32_t{2}) + std::string(56, '\0');
  for (size_t i = 0; i < n; ++i) {
    const uint64_t at = out.size();
    out += raw(uint32_t{0xDEADBEEF}) + raw(uint32_t{1}) + raw(uint64_t{0}) + raw(uint64_t{i + 1 < n ? at + 64 : at}) +
           std::string(40, '\0');
  }
  return out;
}
const InputShape kWeights[] = {{"blobs", coreml_weights}};

std::string ir_of(const std::string& layers, const std::string& edges, const std::string& info) {
  return "<net version=\"11\"><layers>" + layers + "</layers><edges>" + edges + "</edges><rt_info>" + info +
         "</rt_info></net>";
}
const std::string kResult = "<layer id=\"r\" type=\"Result\"><input><port id=\"0\"/></input></layer>";

const InputShape kOpenVino[] = {
    {"layers",
     [](size_t n) {
       return ir_of(
           numbered(n, [](size_t i) { return fmt::format("<layer id=\"{:08}\" type=\"Relu\"/>", i); }) + kResult, "",
           "");
     }},
    {"results of one layer",
     [](size_t n) {
       n /= 4;
       const auto ports = numbered(n, [](size_t i) { return fmt::format("<port id=\"{:08}\" names=\"n\"/>", i); });
       return ir_of(
           "<layer id=\"split\" type=\"Split\"><output>" + ports + "</output></layer>" +
               numbered(n,
                        [](size_t i) {
                          return fmt::format(
                              "<layer id=\"{:08}\" type=\"Result\"><input><port id=\"0\"/></input></layer>", i);
                        }),
           numbered(n,
                    [](size_t i) {
                      return fmt::format(
                          "<edge from-layer=\"split\" from-port=\"{0:08}\" to-layer=\"{0:08}\" to-port=\"0\"/>", i);
                    }),
           "");
     }},
    {"results of one long name",
     [](size_t n) {
       n /= 4;
       return ir_of("<layer id=\"split\" type=\"Split\"><output><port id=\"0\" names=\"" + std::string(n, 'n') +
                        "\"/></output></layer>" +
                        numbered(n,
                                 [](size_t i) {
                                   return fmt::format(
                                       "<layer id=\"{:08}\" type=\"Result\"><input><port id=\"0\"/></input></layer>",
                                       i);
                                 }),
                    numbered(n,
                             [](size_t i) {
                               return fmt::format(
                                   "<edge from-layer=\"split\" from-port=\"0\" to-layer=\"{0:08}\" to-port=\"0\"/>", i);
                             }),
                    "");
     }},
    {"nested facts", [](size_t n) { return ir_of(kResult, "", repeated(n, "<a>") + repeated(n, "</a>")); }},
    {"facts", [](size_t n) { return ir_of(kResult, "", repeated(n, "<a value=\"1\"/>")); }},
    {"attributes",
     [](size_t n) {
       return ir_of("<layer" + numbered(n, [](size_t i) { return fmt::format(" a{:08}=\"1\"", i); }) + "/>" + kResult,
                    "", "");
     }},
};

/// A model whose inputs are all named by one text.
std::string tflite_of(size_t n) {
  n /= 4;
  std::string out = raw(uint32_t{0}) + "TFL3";
  const auto table = [&](std::initializer_list<uint16_t> slots, uint16_t size) {
    const auto vtable = static_cast<uint32_t>(out.size());
    out += raw(static_cast<uint16_t>(4 + 2 * slots.size())) + raw(size);
    for (const uint16_t slot : slots) out += raw(slot);
    while (out.size() % 4) out += '\0';
    const auto at = static_cast<uint32_t>(out.size());
    out += raw(static_cast<int32_t>(at - vtable)) + std::string(size - 4u, '\0');
    return at;
  };
  const auto point = [&](uint32_t from, uint32_t to) { out.replace(from, 4, raw(to - from)); };
  const uint32_t model = table({0, 0, 4}, 8);
  point(0, model);
  const auto graphs = static_cast<uint32_t>(out.size());
  point(model + 4, graphs);
  out += raw(uint32_t{1}) + raw(uint32_t{0});
  const uint32_t graph = table({4, 8, 12}, 16);
  point(graphs + 4, graph);
  const auto list = static_cast<uint32_t>(out.size());
  out += raw(static_cast<uint32_t>(n)) + std::string(4 * n, '\0');
  point(graph + 8, list);
  point(graph + 12, list);
  const auto tensors = static_cast<uint32_t>(out.size());
  point(graph + 4, tensors);
  out += raw(uint32_t{1}) + raw(uint32_t{0});
  const uint32_t tensor = table({0, 0, 0, 4}, 8);
  point(tensors + 4, tensor);
  const auto name = static_cast<uint32_t>(out.size());
  point(tensor + 4, name);
  return out + raw(static_cast<uint32_t>(8 * n)) + std::string(8 * n, 'x');
}
const InputShape kTflite[] = {{"inputs of one name", tflite_of}};

std::string torchscript_of(const std::string& head) {
  return ZipBuilder()
      .add("m/data.pkl",
           "\x80\x02"
           "c__torch__\nNet\n)\x81.")
      .add("m/constants.pkl", "\x80\x02).")
      .add("m/code/__torch__.py", "class Net(Module):\n  def forward" + head)
      .finish();
}
const InputShape kTorchScript[] = {
    {"arguments", [](size_t n) { return torchscript_of("(self" + repeated(n, ", x: Tensor") + ") -> Tensor:\n"); }},
    {"nested brackets",
     [](size_t n) {
       return torchscript_of("(self" + repeated(n, "[") + repeated(n, "]") + ") -> Tuple" + repeated(n, "[") +
                             repeated(n, "]"));
     }},
    {"open brackets", [](size_t n) { return torchscript_of("(self" + repeated(n, "(")); }},
};

const InputShape kJson[] = {
    {"keys",
     [](size_t n) {
       return "{" + numbered(n, [](size_t i) { return fmt::format("{}\"{:08}\":1", i ? "," : "", i); }) + "}";
     }},
    {"elements", [](size_t n) { return "[1" + repeated(n, ",1") + "]"; }},
    {"nested lists", [](size_t n) { return repeated(n, "[") + repeated(n, "]"); }},
    {"lists of lists", [](size_t n) { return "[[]" + repeated(n, ",[]") + "]"; }},
    {"escapes", [](size_t n) { return "\"" + repeated(n, "\\u0041") + "\""; }},
};

template <auto read>
void read_header(const std::string& file) {
  (void)read(bytes_of(file));
}

TEST(LinearWork, OfArtifactHeaders) {
  expect_linear_work(kOnnx, read_header<read_onnx_header>);
  expect_linear_work(kCoreMl, [](const std::string& spec) {
    (void)read_coreml_spec(bytes_of(spec));
    (void)coreml_weight_files(bytes_of(spec));
  });
  expect_linear_work(kWeights, read_header<check_coreml_weights>);
  expect_linear_work(kOpenVino, read_header<read_openvino_header>);
  expect_linear_work(kTflite, read_header<read_tflite_header>);
  expect_linear_work(kTorchScript, read_header<read_torchscript_header>);
  expect_linear_work(kJson, [](const std::string& text) { (void)parse_json(text, ErrorCode::kDamaged); });
}

}  // namespace
}  // namespace modelport
