#include "export/artifact_pairing.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelport {

namespace {

bool alike(const Port& a, const Port& b) { return a.shape == b.shape && is_float(a.dtype) == is_float(b.dtype); }

/// Marks what was paired.
class Pairs {
 public:
  Pairs(std::span<const Port> wanted, std::span<const Port> found)
      : wanted_(wanted), found_(found), partner_(wanted.size()), taken_(found.size(), false) {}

  void by_name() {
    for (size_t i = 0; i < wanted_.size(); ++i) {
      for (size_t j = 0; j < found_.size(); ++j) {
        if (!partner_[i] && !taken_[j] && wanted_[i].name == found_[j].name && alike(wanted_[i], found_[j])) pair(i, j);
      }
    }
  }

  void by_shape() {
    const std::vector<std::optional<size_t>> named = partner_;
    const std::vector<bool> taken = taken_;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (named[i]) continue;
      size_t rivals = 0, candidates = 0, last = 0;
      for (size_t k = 0; k < wanted_.size(); ++k) rivals += !named[k] && alike(wanted_[i], wanted_[k]);
      for (size_t j = 0; j < found_.size(); ++j) {
        if (taken[j] || !alike(wanted_[i], found_[j])) continue;
        ++candidates;
        last = j;
      }
      if (rivals == 1 && candidates == 1) pair(i, last);
    }
  }

  std::optional<std::vector<size_t>> all() const {
    std::vector<size_t> places;
    for (const std::optional<size_t>& partner : partner_) {
      if (!partner) return std::nullopt;
      places.push_back(*partner);
    }
    if (std::ranges::find(taken_, false) != taken_.end()) return std::nullopt;
    return places;
  }

 private:
  void pair(size_t i, size_t j) {
    partner_[i] = j;
    taken_[j] = true;
  }

  std::span<const Port> wanted_, found_;
  std::vector<std::optional<size_t>> partner_;
  std::vector<bool> taken_;
};

}  // namespace

std::optional<std::vector<size_t>> pair_ports(std::span<const Port> wanted, std::span<const Port> found) {
  Pairs pairs(wanted, found);
  pairs.by_name();
  pairs.by_shape();
  return pairs.all();
}

std::string ports_text(std::span<const Port> ports) {
  std::string text;
  for (const Port& port : ports) {
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", port.name.empty() ? "(no name)" : port.name,
                        dtype_name(port.dtype), shape_text(port.shape));
  }
  return text.empty() ? "none" : text;
}

}  // namespace modelport
