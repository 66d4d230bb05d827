#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace modelport::torchscript {

/// An expression of the part of TorchScript that is written and read here: names, buffers of the module, literals,
/// lists, and calls of functions by their full names. What Python has beyond that (operators, indices, methods, control
/// flow) does not occur.
struct TorchExpression {
  enum class Kind {
    kName,    ///< text: a local or a parameter
    kBuffer,  ///< text: NAME of self.NAME
    kInteger,
    kFloat,  ///< Also float("inf"), float("-inf").
    kBool,   ///< integer: 0 or 1
    kNone,
    kString,  ///< text, without quotes or anything that would need a backslash
    kList,    ///< items
    kCall,    ///< text: "torch.conv2d", "self.non_max_suppression"; items, then keywords
  };
  Kind kind = Kind::kNone;
  std::string text;
  int64_t integer = 0;
  double number = 0.0;
  std::vector<TorchExpression> items;
  std::vector<std::pair<std::string, TorchExpression>> keywords;

  static TorchExpression name(std::string text) { return {.kind = Kind::kName, .text = std::move(text)}; }
  static TorchExpression buffer(std::string text) { return {.kind = Kind::kBuffer, .text = std::move(text)}; }
  static TorchExpression of(int64_t value) { return {.kind = Kind::kInteger, .integer = value}; }
  static TorchExpression real(double value) { return {.kind = Kind::kFloat, .number = value}; }
  static TorchExpression truth(bool value) { return {.kind = Kind::kBool, .integer = value ? 1 : 0}; }
  static TorchExpression none() { return {}; }
  static TorchExpression string(std::string text) { return {.kind = Kind::kString, .text = std::move(text)}; }
  static TorchExpression list(std::vector<TorchExpression> items) {
    return {.kind = Kind::kList, .items = std::move(items)};
  }
  static TorchExpression integers(const std::vector<int64_t>& values);
  static TorchExpression call(std::string function, std::vector<TorchExpression> items,
                              std::vector<std::pair<std::string, TorchExpression>> keywords = {}) {
    return {
        .kind = Kind::kCall, .text = std::move(function), .items = std::move(items), .keywords = std::move(keywords)};
  }
};

/// One assignment of `forward`: "a = f(x)", or "a, b, = f(x)".
struct TorchStatement {
  std::vector<std::string> targets;
  TorchExpression value;
};

/// The class, as its text has it.
struct TorchCode {
  std::vector<std::string> buffers;
  std::vector<std::string> parameters;  ///< Of forward, without self; all are tensors.
  std::vector<TorchStatement> statements;
  /// What forward returns: one tensor, or a tuple of them.
  std::vector<TorchExpression> results;
  /// Whether the class has the method of nms_code.h.
  enum class Suppression { kAbsent, kPresent } suppression = Suppression::kAbsent;
};

std::string print_torch_expression(const TorchExpression& expression);
std::string print_torch_statement(const TorchStatement& statement);
/// The text of code/__torch__.py.
std::string print_torch_code(const TorchCode& code);

/// Reads what print_torch_code() wrote. kUnsupportedModel for anything else in the language, with the line; kDamaged
/// for text that ends early.
Result<TorchCode> parse_torch_code(std::string_view text);

/// Whether a text can be a name in the code: letters, digits and underscores, no word that the language or this class
/// uses otherwise.
bool is_torch_name(std::string_view text);

}  // namespace modelport::torchscript
