#include "../base/linear_work.h"
#include "base/python_literal.h"
#include "formats/onnx/reader.h"
#include "formats/openvino/reader.h"
#include "formats/torchscript/torch_code.h"
#include "formats/torchscript/torch_model.h"

namespace modelport {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string numbered(size_t n, const std::function<std::string(size_t)>& item) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += item(i);
  return out;
}

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string field(uint32_t number, const std::string& payload) {
  return varint(number << 3 | 2) + varint(payload.size()) + payload;
}
std::string number_field(uint32_t number, uint64_t value) { return varint(number << 3) + varint(value); }

/// ir_version, opset 17, a graph.
std::string onnx_of(const std::string& graph) {
  return number_field(1, 8) + field(8, number_field(2, 17)) + field(7, graph);
}
std::string relu(const std::string& more) { return field(1, field(4, "Relu") + more); }

const InputShape kOnnx[] = {
    {"nodes", [](size_t n) { return onnx_of(repeated(n, relu(field(1, "x") + field(2, "y")))); }},
    {"inputs of a node", [](size_t n) { return onnx_of(relu(repeated(n, field(1, "x")))); }},
    {"names of a node", [](size_t n) { return onnx_of(relu(repeated(n, field(3, "name")))); }},
    {"attributes", [](size_t n) { return onnx_of(relu(repeated(n, field(5, field(1, "a") + number_field(20, 2))))); }},
    {"packed numbers",
     [](size_t n) {
       return onnx_of(relu(field(5, field(1, "a") + number_field(20, 7) + field(8, repeated(n, "\x01")))));
     }},
    {"numbers",
     [](size_t n) {
       return onnx_of(relu(field(5, field(1, "a") + number_field(20, 7) + repeated(n, number_field(8, 1)))));
     }},
    {"initializers",
     [](size_t n) {
       return onnx_of(repeated(n, field(5, number_field(1, 1) + number_field(2, 3) + field(9, std::string(1, 'w')))));
     }},
    {"sizes of an initializer", [](size_t n) { return onnx_of(field(5, repeated(n, number_field(1, 1)))); }},
    {"elements of an initializer",
     [](size_t n) {
       return onnx_of(field(5, number_field(2, 7) + number_field(1, n) + repeated(n, number_field(7, 1))));
     }},
    {"inputs",
     [](size_t n) { return onnx_of(repeated(n, field(11, field(1, "x") + field(2, field(1, number_field(1, 1)))))); }},
    {"sizes of an input",
     [](size_t n) {
       return onnx_of(field(
           11,
           field(1, "x") + field(2, field(1, number_field(1, 1) + field(2, repeated(n, field(1, field(2, "h"))))))));
     }},
    {"operator sets", [](size_t n) { return onnx_of("") + repeated(n, field(8, field(1, "a") + number_field(2, 1))); }},
    {"metadata", [](size_t n) { return onnx_of("") + repeated(n, field(14, field(1, "key") + field(2, "value"))); }},
    {"unknown fields", [](size_t n) { return onnx_of("") + repeated(n, number_field(99, 1)); }},
    {"a long text", [](size_t n) { return onnx_of(field(2, std::string(16 * n, 'g'))); }},
};

std::string ir_of(const std::string& layers, const std::string& edges = "", const std::string& info = "") {
  return "<net version=\"11\"><layers>" + layers + "</layers><edges>" + edges + "</edges><rt_info>" + info +
         "</rt_info></net>";
}
std::string parameter(size_t id, const std::string& ports) {
  return fmt::format("<layer id=\"{}\" type=\"Parameter\" version=\"opset1\">{}</layer>", id, ports);
}

const InputShape kOpenvino[] = {
    {"layers", [](size_t n) { return ir_of(numbered(n, [](size_t i) { return parameter(i, ""); })); }},
    {"attributes",
     [](size_t n) {
       return ir_of(parameter(0, "<data " + numbered(n, [](size_t i) { return fmt::format("a{}=\"1\" ", i); }) + "/>"));
     }},
    {"ports",
     [](size_t n) {
       return ir_of(parameter(0, "<output>" + numbered(n, [](size_t i) {
                                   return fmt::format("<port id=\"{}\" precision=\"FP32\"/>", i);
                                 }) + "</output>"));
     }},
    {"sizes",
     [](size_t n) {
       return ir_of(parameter(
           0, "<output><port id=\"0\" precision=\"FP32\">" + repeated(n, "<dim>1</dim>") + "</port></output>"));
     }},
    {"names",
     [](size_t n) {
       return ir_of(
           parameter(0, "<output><port id=\"0\" precision=\"FP32\" names=\"" + repeated(n, "a,") + "\"/></output>"));
     }},
    {"edges",
     [](size_t n) {
       return ir_of(parameter(0, ""),
                    repeated(n, "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"0\" to-port=\"0\"/>"));
     }},
    {"information", [](size_t n) { return ir_of(parameter(0, ""), "", repeated(n, "<a value=\"1\"/>")); }},
    {"nested information",
     [](size_t n) { return ir_of(parameter(0, ""), "", repeated(n, "<a>") + repeated(n, "</a>")); }},
    {"nested elements", [](size_t n) { return repeated(n, "<a>") + repeated(n, "</a>"); }},
    {"what is not closed", [](size_t n) { return repeated(n, "<a>"); }},
};

/// The code of a forward() with this body.
std::string code_of(const std::string& body) {
  return "class Model(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self: "
         "__torch__.Model,\n    x: Tensor) -> Tensor:\n" +
         body + "    return x\n";
}

const InputShape kTorchCode[] = {
    {"statements", [](size_t n) { return code_of(repeated(n, "    a = torch.relu(x)\n")); }},
    {"targets", [](size_t n) { return code_of("    " + repeated(n, "a, ") + "= x\n"); }},
    {"items", [](size_t n) { return code_of("    a = [" + repeated(n, "1, ") + "1]\n"); }},
    {"nested lists", [](size_t n) { return code_of("    a = " + repeated(n, "[") + repeated(n, "]") + "\n"); }},
    {"arguments", [](size_t n) { return code_of("    a = torch.relu(" + repeated(n, "x=1, ") + "x)\n"); }},
    {"nested calls", [](size_t n) { return code_of("    a = " + repeated(n, "torch.relu(") + "\n"); }},
    {"strings that do not end", [](size_t n) { return code_of(repeated(n, "    a = \"\n")); }},
    {"a long word", [](size_t n) { return code_of("    a = [" + std::string(16 * n, 'a') + "=1]\n"); }},
    {"a long number", [](size_t n) { return code_of("    a = " + std::string(16 * n, '1') + "\n"); }},
    {"parameters", [](size_t n) { return code_of(repeated(n, "    y: Tensor,\n")); }},
    {"buffers", [](size_t n) { return repeated(n, "  w : Tensor\n"); }},
    {"blank lines", [](size_t n) { return repeated(n, "\n"); }},
};

const InputShape kSignatures[] = {
    {"inputs",
     [](size_t n) {
       return R"({"outputs": [], "inputs": [)" + repeated(n, R"({"name": "x", "dtype": "float32", "shape": [1]}, )") +
              R"({"name": "x", "dtype": "float32", "shape": []}]})";
     }},
    {"sizes",
     [](size_t n) {
       return R"({"outputs": [], "inputs": [{"name": "x", "dtype": "float32", "shape": [)" + repeated(n, "\"h\", ") +
              "1]}]}";
     }},
    {"terms of a size",
     [](size_t n) {
       return R"({"outputs": [], "inputs": [{"name": "x", "dtype": "float32", "shape": ["1)" +
              numbered(n, [](size_t i) { return fmt::format(" + a{}", i); }) + "\"]}]}";
     }},
};

const InputShape kLiterals[] = {
    {"items", [](size_t n) { return "[" + repeated(n, "1, ") + "]"; }},
    {"pairs", [](size_t n) { return "{" + repeated(n, "1: 'a', ") + "}"; }},
    {"nested lists", [](size_t n) { return repeated(n, "["); }},
    {"nested pairs", [](size_t n) { return repeated(n, "{1: "); }},
    {"a long text", [](size_t n) { return "'" + std::string(16 * n, 'a') + "'"; }},
    {"escapes", [](size_t n) { return "'" + repeated(n, "\\x41") + "'"; }},
    {"spaces", [](size_t n) { return repeated(16 * n, " ") + "1"; }},
    {"a long number", [](size_t n) { return std::string(16 * n, '1'); }},
};

TEST(LinearWork, OfOnnx) {
  expect_linear_work(kOnnx, [](const std::string& content) {
    (void)onnx::read_onnx(bytes_of(content), nullptr, onnx::UnknownFields::kSkip);
  });
}

TEST(LinearWork, OfOpenvino) {
  expect_linear_work(kOpenvino,
                     [](const std::string& content) { (void)openvino::read_openvino(bytes_of(content), nullptr); });
}

TEST(LinearWork, OfTorchscript) {
  expect_linear_work(kTorchCode, [](const std::string& content) { (void)torchscript::parse_torch_code(content); });
  expect_linear_work(kSignatures, [](const std::string& content) {
    torchscript::TorchModel model;
    (void)torchscript::read_torch_signature(content, model);
  });
}

TEST(LinearWork, OfPythonLiterals) {
  expect_linear_work(kLiterals, [](const std::string& content) { (void)parse_python_literal(content); });
}

}  // namespace
}  // namespace modelport
