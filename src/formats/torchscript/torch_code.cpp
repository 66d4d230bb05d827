#include "formats/torchscript/torch_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/torchscript/layout.h"
#include "formats/torchscript/nms_code.h"

namespace modelport::torchscript {

namespace {

using Kind = TorchExpression::Kind;

std::string float_text(double value) {
  if (std::isinf(value)) return value > 0 ? "float(\"inf\")" : "float(\"-inf\")";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string join(const std::vector<TorchExpression>& items) {
  std::string text;
  for (const TorchExpression& item : items) {
    if (!text.empty()) text += ", ";
    text += print_torch_expression(item);
  }
  return text;
}

std::string call_text(const TorchExpression& call) {
  std::string arguments = join(call.items);
  for (const auto& [name, value] : call.keywords) {
    if (!arguments.empty()) arguments += ", ";
    arguments += fmt::format("{}={}", name, print_torch_expression(value));
  }
  return fmt::format("{}({})", call.text, arguments);
}

}  // namespace

TorchExpression TorchExpression::integers(const std::vector<int64_t>& values) {
  std::vector<TorchExpression> items;
  for (const int64_t value : values) items.push_back(of(value));
  return list(std::move(items));
}

std::string print_torch_expression(const TorchExpression& expression) {
  switch (expression.kind) {
    case Kind::kName:
      return expression.text;
    case Kind::kBuffer:
      return "self." + expression.text;
    case Kind::kInteger:
      return fmt::format("{}", expression.integer);
    case Kind::kFloat:
      return float_text(expression.number);
    case Kind::kBool:
      return expression.integer != 0 ? "True" : "False";
    case Kind::kNone:
      return "None";
    case Kind::kString:
      return fmt::format("\"{}\"", expression.text);
    case Kind::kList:
      return fmt::format("[{}]", join(expression.items));
    case Kind::kCall:
      return call_text(expression);
  }
  return "None";
}

std::string print_torch_statement(const TorchStatement& statement) {
  std::string text;
  for (const std::string& target : statement.targets) text += target + (statement.targets.size() > 1 ? ", " : " ");
  return text + "= " + print_torch_expression(statement.value);
}

std::string print_torch_code(const TorchCode& code) {
  using namespace layout;
  std::string text = fmt::format("class {}(Module):\n  __parameters__ = []\n  __buffers__ = [", kClass);
  for (const std::string& buffer : code.buffers) text += fmt::format("\"{}\", ", buffer);
  text += "]\n  training : bool\n";
  for (const std::string& buffer : code.buffers) text += fmt::format("  {} : Tensor\n", buffer);
  text += fmt::format("  def forward(self: {}.{}", kModule, kClass);
  for (const std::string& parameter : code.parameters) text += fmt::format(",\n    {}: Tensor", parameter);
  if (code.results.size() == 1) {
    text += ") -> Tensor:\n";
  } else {
    text += ") -> Tuple[";
    for (size_t i = 0; i < code.results.size(); ++i) text += i == 0 ? "Tensor" : ", Tensor";
    text += "]:\n";
  }
  for (const TorchStatement& statement : code.statements)
    text += fmt::format("    {}\n", print_torch_statement(statement));
  const std::string results = join(code.results);
  text += fmt::format("    return {}\n", code.results.size() == 1 ? results : fmt::format("({})", results));
  if (code.suppression == TorchCode::Suppression::kPresent) text += kTorchNmsCode;
  return text;
}

bool is_torch_name(std::string_view text) {
  constexpr std::array<std::string_view, 45> kTaken = {
      "False",  "None",   "True",  "and",      "as",     "assert", "async", "await",     "break",
      "class",  "def",    "del",   "elif",     "else",   "except", "for",   "from",      "global",
      "if",     "import", "in",    "is",       "lambda", "not",    "or",    "pass",      "raise",
      "return", "try",    "while", "with",     "yield",  "self",   "torch", "ops",       "training",
      "float",  "int",    "bool",  "annotate", "Tensor", "List",   "Tuple", "CONSTANTS", "forward"};
  if (text.empty() || (text.front() >= '0' && text.front() <= '9') || text.starts_with("__")) return false;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return std::ranges::all_of(text, allowed) && std::ranges::find(kTaken, text) == kTaken.end();
}

}  // namespace modelport::torchscript
