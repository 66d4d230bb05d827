#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/work_count.h"
#include "formats/torchscript/layout.h"
#include "formats/torchscript/nms_code.h"
#include "formats/torchscript/torch_code.h"

namespace modelport::torchscript {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// One line of the code, read from left to right.
class Line {
 public:
  Line(std::string_view text, size_t number) : rest_(text), number_(number) {}

  bool take(std::string_view what) {
    count_work();
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  bool at_end() const { return rest_.empty(); }

  std::string_view word() {
    size_t length = 0;
    while (length < rest_.size() && is_word(rest_[length])) ++length;
    count_work(1 + length);
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  Error unsupported(std::string_view what) const {
    return fail(ErrorCode::kUnsupportedModel, "line {} of the code: {}", number_, what);
  }

  Result<TorchExpression> expression(size_t depth = 0) {
    if (depth > layout::kMaxNesting) return unsupported("expressions are nested too deeply");
    if (take("[")) {
      TRY(items, this->items("]", depth));
      return TorchExpression::list(std::move(items.first));
    }
    if (take("\"")) {
      const size_t end = rest_.find('"');
      count_work(std::min(end, rest_.size()));
      if (end == std::string_view::npos) return unsupported("a string does not end");
      TorchExpression text = TorchExpression::string(std::string(rest_.substr(0, end)));
      if (text.text.find('\\') != std::string::npos) return unsupported("a string has a backslash");
      rest_.remove_prefix(end + 1);
      return text;
    }
    if (take("float(\"inf\")")) return TorchExpression::real(std::numeric_limits<double>::infinity());
    if (take("float(\"-inf\")")) return TorchExpression::real(-std::numeric_limits<double>::infinity());
    if (!rest_.empty() && (rest_.front() == '-' || (rest_.front() >= '0' && rest_.front() <= '9'))) return number();
    return named(depth);
  }

 private:
  using Items = std::pair<std::vector<TorchExpression>, std::vector<std::pair<std::string, TorchExpression>>>;

  /// What stands between brackets, up to and with the closing one.
  Result<Items> items(std::string_view close, size_t depth) {
    Items found;
    if (take(close)) return found;
    do {
      const std::string_view before = rest_;
      const std::string_view keyword = word();
      if (!keyword.empty() && take("=")) {
        TRY(value, expression(depth + 1));
        found.second.emplace_back(keyword, std::move(value));
      } else {
        rest_ = before;
        TRY(value, expression(depth + 1));
        found.first.push_back(std::move(value));
      }
    } while (take(", "));
    if (!take(close)) return unsupported("a list does not end");
    return found;
  }

  Result<TorchExpression> number() {
    size_t length = 1;
    while (length < rest_.size() &&
           (is_word(rest_[length]) || (rest_[length - 1] == 'e' && (rest_[length] == '-' || rest_[length] == '+'))))
      ++length;
    count_work(length);
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(length);
    const char* end = text.data() + text.size();
    if (text.find_first_of(".e") == std::string_view::npos) {
      int64_t value = 0;
      const auto read = std::from_chars(text.data(), end, value);
      if (read.ec == std::errc() && read.ptr == end) return TorchExpression::of(value);
    } else {
      double value = 0;
      const auto read = std::from_chars(text.data(), end, value);
      if (read.ec == std::errc() && read.ptr == end) return TorchExpression::real(value);
    }
    return unsupported(fmt::format("'{}' is no number", text));
  }

  Result<TorchExpression> named(size_t depth) {
    const std::string_view text = word();
    if (text.empty()) return unsupported(fmt::format("'{}' begins no expression that is read", rest_.substr(0, 20)));
    if (take("(")) {
      if (!text.starts_with("torch.") && !text.starts_with("ops.") && text != kTorchNmsFunction)
        return unsupported(fmt::format("'{}' is no function that is read", text));
      TRY(arguments, items(")", depth));
      return TorchExpression::call(std::string(text), std::move(arguments.first), std::move(arguments.second));
    }
    if (text == "True" || text == "False") return TorchExpression::truth(text == "True");
    if (text == "None") return TorchExpression::none();
    const bool of_self = text.starts_with("self.");
    const std::string_view name = of_self ? text.substr(5) : text;
    if (!is_torch_name(name)) return unsupported(fmt::format("'{}' is no name that is read", text));
    return of_self ? TorchExpression::buffer(std::string(name)) : TorchExpression::name(std::string(name));
  }

  std::string_view rest_;
  size_t number_;
};

/// Line after line of a text.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// The next line without its end; nothing after the last.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    count_work(1 + line.size());
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    return line;
  }
  size_t number() const { return number_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

Result<TorchStatement> parse_statement(Line line) {
  TorchStatement statement;
  while (!line.take("= ")) {
    const std::string_view target = line.word();
    if (!is_torch_name(target)) return line.unsupported(fmt::format("'{}' cannot be assigned to", target));
    statement.targets.emplace_back(target);
    if (!line.take(", ") && !line.take(" ")) return line.unsupported("it is no assignment");
  }
  TRY(value, line.expression());
  if (!line.at_end()) return line.unsupported("more follows than one expression");
  statement.value = std::move(value);
  return statement;
}

Status parse_results(Line line, TorchCode& code) {
  const bool tuple = line.take("(");
  do {
    TRY(result, line.expression());
    code.results.push_back(std::move(result));
  } while (tuple && line.take(", "));
  if ((tuple && !line.take(")")) || !line.at_end()) return line.unsupported("it returns no tensor or tuple of tensors");
  return {};
}

}  // namespace

Result<TorchCode> parse_torch_code(std::string_view text) {
  TorchCode code;
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (line->starts_with("    return ")) {
      CHECK_OK(parse_results(Line(line->substr(11), lines.number()), code));
      if (lines.rest() == kTorchNmsCode) code.suppression = TorchCode::Suppression::kPresent;
      // Whatever was passed over here does not come out again.
      const std::string printed = print_torch_code(code);
      count_work(printed.size());
      if (printed == text) return code;
      return fail(ErrorCode::kUnsupportedModel, "the code is no class of one forward method as this project writes it");
    }
    const size_t colon = line->find(": Tensor");
    if (line->starts_with("    ") && colon != std::string_view::npos) {
      code.parameters.emplace_back(line->substr(4, colon - 4));
    } else if (line->starts_with("    ")) {
      TRY(statement, parse_statement(Line(line->substr(4), lines.number())));
      code.statements.push_back(std::move(statement));
    } else if (line->starts_with("  ") && line->ends_with(" : Tensor")) {
      code.buffers.emplace_back(line->substr(2, line->size() - 11));
    }
  }
  return fail(ErrorCode::kDamaged, "the code ends before forward returns");
}

}  // namespace modelport::torchscript
