#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "base/work_count.h"
#include "graph/dim.h"

namespace modelport {

std::string Dim::text() const {
  if (terms_.empty()) return "0";
  std::string out;
  for (const Term& term : terms_) {
    const bool negative = term.coefficient < 0;
    if (out.empty()) {
      if (negative) out += '-';
    } else {
      out += negative ? " - " : " + ";
    }
    const uint64_t magnitude =
        negative ? 0 - static_cast<uint64_t>(term.coefficient) : static_cast<uint64_t>(term.coefficient);
    bool first = term.atoms.empty() || magnitude != 1;
    if (first) out += std::to_string(magnitude);
    first = !first;
    for (const auto& atom : term.atoms) {
      if (!first) out += '*';
      out += atom->text;
      first = false;
    }
  }
  return out;
}

std::string shape_text(const SymbolicShape& shape) {
  std::string out = "[";
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis > 0) out += ", ";
    out += shape[axis].text();
  }
  return out + "]";
}

namespace {

/// sum := ['-'] product (('+' | '-') product)*; product := factor ('*' factor)*;
/// factor := number | name | name '(' sum ',' sum ')' | '(' sum ')'. Names may hold '/', '_' and '.'.
class DimParser {
 public:
  DimParser(std::string_view text, const SymbolValues& bounds) : text_(text), bounds_(bounds) {}

  Result<Dim> all() {
    if (text_.size() > kLongestText)
      return fail(ErrorCode::kInvalidArgument, "a size is written in {} characters, at most {} are read", text_.size(),
                  kLongestText);
    TRY(dim, sum(0));
    skip_spaces();
    if (at_ != text_.size()) return unexpected();
    return dim;
  }

 private:
  static constexpr int kMaxDepth = 64;
  // Sizes of real networks have a few terms; products of sums could be made to have any number.
  static constexpr size_t kLongestText = 4096;
  static constexpr size_t kMostTerms = 64;

  static Result<Dim> bounded(Dim dim) {
    count_work(dim.terms().size());
    if (dim.terms().size() <= kMostTerms) return dim;
    return fail(ErrorCode::kInvalidArgument, "a size has more than {} terms", kMostTerms);
  }

  Error unexpected() const {
    return fail(ErrorCode::kInvalidArgument, "'{}' is not a size: unexpected {} at column {}", text_,
                at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : std::string("end"), at_ + 1);
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<Dim> sum(int depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::kInvalidArgument, "a size is nested more than {} deep", kMaxDepth);
    const bool negative = take('-');
    TRY(total, product(depth));
    if (negative) total = Dim(0) - total;
    while (true) {
      if (take('+')) {
        TRY(next, product(depth));
        TRY(added, bounded(total + next));
        total = std::move(added);
      } else if (take('-')) {
        TRY(next, product(depth));
        TRY(left, bounded(total - next));
        total = std::move(left);
      } else {
        return total;
      }
    }
  }

  Result<Dim> product(int depth) {
    TRY(total, factor(depth));
    while (take('*')) {
      TRY(next, factor(depth));
      TRY(multiplied, bounded(total * next));
      total = std::move(multiplied);
    }
    return total;
  }

  Result<Dim> factor(int depth) {
    if (take('(')) {
      TRY(inner, sum(depth + 1));
      if (!take(')')) return unexpected();
      return inner;
    }
    if (at_ >= text_.size()) return unexpected();
    if (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) return number();
    const std::string name(take_name());
    if (name.empty()) return unexpected();
    if (take('(')) return call(name, depth);
    const auto bound = bounds_.find(name);
    return Dim::symbol(name, bound == bounds_.end() ? 1 : bound->second);
  }

  Result<Dim> number() {
    int64_t value = 0;
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (code != std::errc()) return unexpected();
    at_ = static_cast<size_t>(end - text_.data());
    return Dim(value);
  }

  std::string_view take_name() {
    const size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
      const bool inner = std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.';
      if (!letter && (at_ == begin || !inner)) break;
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  Result<Dim> call(std::string_view function, int depth) {
    TRY(a, sum(depth + 1));
    if (!take(',')) return unexpected();
    TRY(b, sum(depth + 1));
    if (!take(')')) return unexpected();
    if (function == "min") return min(a, b);
    if (function == "max") return max(a, b);
    if (function != "floor_div") return fail(ErrorCode::kInvalidArgument, "'{}' is not a function of sizes", function);
    const auto divisor = b.constant();
    if (!divisor || *divisor <= 0) {
      return fail(ErrorCode::kInvalidArgument, "floor_div needs a positive constant divisor, not {}", b.text());
    }
    return floor_div(a, *divisor);
  }

  std::string_view text_;
  const SymbolValues& bounds_;
  size_t at_ = 0;
};

}  // namespace

Result<Dim> parse_dim(std::string_view text, const SymbolValues& bounds) { return DimParser(text, bounds).all(); }

}  // namespace modelport
